import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Precision } from "../../../layers/models/index.ts";
import { type Mode, printedText } from "../pipeline.ts";
import { makeLongFile, readAudio, utterances } from "../recordings.ts";
import { type Alignment, align, errorRate } from "../score/align.ts";
import { type Holes, holesOf } from "../score/holes.ts";
import { runSystem, type SystemRun } from "../system.ts";
import { type Cell, type Context, inSeconds, percent, type Table } from "../table.ts";

type Row = {
  tool: string;
  alignment: Alignment;
  holes?: Holes;
  /** Of the whole system. */
  system?: Omit<SystemRun, "transcript">;
};

/** What fp32 changes is the table of utterances' business. */
const halfgigs: readonly { mode: Mode; precision: Precision; memoryMB: number }[] = [
  { mode: "parallel", precision: "int8", memoryMB: 512 },
  { mode: "exact", precision: "int8", memoryMB: 512 },
];
const peers: readonly { name: string; batch: number; more: Record<string, unknown> }[] = [
  { name: "faster-whisper", batch: 0, more: {} },
  { name: "faster-whisper, vad_filter", batch: 0, more: { vad_filter: true } },
  { name: "faster-whisper, batched", batch: 8, more: {} },
];

export const long: Table = {
  id: "long",
  title: "A file of 42 minutes",
  how: `230 utterances of read English by 167 speakers, one after the other (MP3, 64 kbit/s), tiny.en. The reference is what openai-whisper makes
of the utterances one at a time, 6,632 words: differences are what serving changes, not what the model gets wrong. Greedy, on all sides.
Voice without text is the coverage ledger's. Time and memory: the whole system as the command line runs it, two cores, and a process of
faster-whisper with two threads that reads the samples from a file; of halfgig's processes the largest function's peak and its allocation.`,
  measuresTime: true,

  async run(context) {
    const { recordings, quick, tell } = context;
    const file = await makeLongFile(recordings, context.directory);
    const said = (await utterances(recordings)).map(({ text }) => text).join(" ");
    const pcm = await readAudio(file);
    const [reference = []] = await context.normalise.wordsOf([said]);
    const compare = async (text: string) => {
      const [heard = []] = await context.normalise.wordsOf([text]);
      return align(reference, heard);
    };
    const rows: Row[] = [];
    for (const { mode, precision, memoryMB } of quick ? halfgigs.slice(0, 1) : halfgigs) {
      tell(`${mode} ${precision}`);
      const { transcript, ...system } = await runSystem(context.models, file, { mode, precision, memoryMB });
      const alignment = await compare(printedText(transcript));
      tell(`differs ${percent(errorRate([alignment]))}, ${alignment.deleted} deleted`);
      rows.push({
        tool: `halfgig, ${mode}, ${precision}`,
        alignment,
        holes: holesOf(transcript),
        system,
      });
    }
    rows.push(...(await peerRows(context, pcm, compare)));
    const openai = join(recordings.reference, "tiny.en-long.json");
    const segments = JSON.parse(await readFile(openai, "utf8")) as { text: string }[];
    rows.push({
      tool: "openai-whisper over the whole file, fp32",
      alignment: await compare(segments.map(({ text }) => text).join("")),
    });
    const header = ["", "differs", "deleted", "inserted", "replaced", "voice without text", "longest hole"];
    return {
      grids: [
        {
          header: [...header, "over 2 s without a warning", "time", "CPU", "peak memory"],
          rows: rows.map(cells),
        },
      ],
      figures: rows.map(({ alignment: { fates: _, ...alignment }, ...row }) => ({
        ...row,
        ...alignment,
        differs: errorRate([alignment]),
      })),
    };
  },
};

async function peerRows(
  { peer, quick, tell }: Context,
  pcm: Float32Array,
  compare: (text: string) => Promise<Alignment>,
): Promise<Row[]> {
  const rows: Row[] = [];
  if (!peer || quick) return rows;
  for (const { name, batch, more } of peers) {
    tell(name);
    await using own = peer.fresh();
    const { segments, seconds, cpuSeconds, peakRssMiB } = await own.transcribe(pcm, {
      model: "tiny.en",
      threads: 2,
      batch,
      language: "en",
      more,
    });
    const text = segments.map((segment) => segment.text).join("");
    rows.push({
      tool: `${name}, int8`,
      alignment: await compare(text),
      system: { seconds, cpuSeconds, peakRssMiB },
    });
  }
  return rows;
}

function cells({ tool, alignment, holes, system }: Row): Cell[] {
  return [
    tool,
    percent(errorRate([alignment])),
    alignment.deleted,
    alignment.inserted,
    alignment.substituted,
    holes ? inSeconds(holes.totalMs) : "–",
    holes ? inSeconds(holes.longestMs) : "–",
    holes ? holes.unwarned : "–",
    system ? `${system.seconds.toFixed(0)} s` : "–",
    system ? `${system.cpuSeconds.toFixed(0)} s` : "–",
    system ? `${system.peakRssMiB.toFixed(0)} MiB${system.allocationMB ? ` of ${system.allocationMB}` : ""}` : "–",
  ];
}
