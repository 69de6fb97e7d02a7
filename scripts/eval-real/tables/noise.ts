import { Random } from "../../eval/random.ts";
import { cafe, crowd, mixedAt, type SoundMaker } from "../../sounds/index.ts";
import { modes, printedText, transcribe } from "../pipeline.ts";
import { readAudio, utterances, withPauses } from "../recordings.ts";
import { type Alignment, align, errorRate } from "../score/align.ts";
import { holesOf } from "../score/holes.ts";
import { inSeconds, percent, type Table } from "../table.ts";

type Condition = { name: string; make?: SoundMaker; snrDb?: number };

const conditions: readonly Condition[] = [
  { name: "none" },
  { name: "café, 10 dB", make: cafe, snrDb: 10 },
  { name: "café, 5 dB", make: cafe, snrDb: 5 },
  { name: "crowd, 5 dB", make: crowd, snrDb: 5 },
];
const spokenFiles = 40;
const quickFiles = 10;
const pauseSeconds = 0.8;

export const noiseTable: Table = {
  id: "noise",
  title: "Eight minutes in noise",
  how: `The first ${spokenFiles} utterances of the long file with ${pauseSeconds} s between them, noise added at a ratio of the mean powers; tiny.en, int8,
greedy, against the reference's text of the clean utterances. The noise is made by the program, always the same: a crowd is 24 other
speakers of the same recordings at once; a café is eight without what is above 3 kHz, with cups, hum and pink noise. Reading: differs / words deleted.`,

  async run({ recordings, quick, recogniser, normalise, peer, tell }) {
    const all = await utterances(recordings);
    const spoken = all.slice(0, quick ? quickFiles : spokenFiles);
    const clean = withPauses(await Promise.all(spoken.map(({ path }) => readAudio(path))), pauseSeconds);
    const voices = await Promise.all(all.slice(100, 160).map(({ path }) => readAudio(path)));
    const [reference = []] = await normalise.wordsOf([spoken.map(({ text }) => text).join(" ")]);
    const compare = async (text: string) => align(reference, (await normalise.wordsOf([text]))[0] ?? []);
    const model = await recogniser("tiny.en", "int8");
    const figures: { noise: string; tool: string; alignment: Alignment; holesMs?: number }[] = [];
    for (const { name, make, snrDb = 0 } of quick ? conditions.slice(0, 2) : conditions) {
      tell(name);
      const random = new Random(`noise ${name}`);
      const pcm = make ? mixedAt(clean, make({ samples: clean.length, random, voices }), snrDb) : clean;
      // Both sides at once, a core each: no time is measured here.
      const theirs = (peer ? peers : []).map(([, more]) =>
        peer!.transcribe(pcm, { model: "tiny.en", language: "en", more }),
      );
      for (const mode of quick ? modes.slice(0, 1) : modes) {
        const transcript = await transcribe(model, pcm, { mode });
        const { totalMs } = holesOf(transcript);
        const alignment = await compare(printedText(transcript));
        tell(`${mode}: ${percent(errorRate([alignment]), 1)}, ${alignment.deleted} deleted`);
        figures.push({ noise: name, tool: `halfgig, ${mode}`, alignment, holesMs: totalMs });
      }
      for (const [i, result] of theirs.entries()) {
        const { segments } = await result;
        const alignment = await compare(segments.map(({ text }) => text).join(""));
        tell(`${peers[i]![0]}: ${percent(errorRate([alignment]), 1)}, ${alignment.deleted} deleted`);
        figures.push({ noise: name, tool: peers[i]![0], alignment });
      }
    }
    const tools = [...new Set(figures.map(({ tool }) => tool))];
    const rows = Map.groupBy(figures, ({ noise }) => noise);
    return {
      grids: [
        {
          header: ["noise", ...tools, "halfgig's voice without text"],
          rows: [...rows].map(([name, row]) => [
            name,
            ...row.map(({ alignment }) => `${percent(errorRate([alignment]), 1)} / ${alignment.deleted}`),
            inSeconds(row[0]?.holesMs ?? Number.NaN),
          ]),
        },
      ],
      notes: [`${reference.length} words.`],
      figures: figures.map(({ alignment: { fates: _, ...alignment }, ...one }) => ({
        ...one,
        ...alignment,
        differs: errorRate([alignment]),
      })),
    };
  },
};

const peers: readonly (readonly [string, Record<string, unknown>])[] = [
  ["faster-whisper", {}],
  ["faster-whisper, vad_filter", { vad_filter: true }],
];
