import type { Precision } from "../../../layers/models/index.ts";
import { type Mode, printedText, transcribe } from "../pipeline.ts";
import { readAudio, utterances } from "../recordings.ts";
import { type Alignment, align, errorRate, sumOf } from "../score/align.ts";
import { percent, type Table } from "../table.ts";

const variants: readonly { mode: Mode; precision: Precision }[] = [
  { mode: "parallel", precision: "int8" },
  { mode: "exact", precision: "int8" },
  { mode: "parallel", precision: "fp32" },
];
/** Of a quick run. */
const quickCount = 12;

export const utterancesTable: Table = {
  id: "utterances",
  title: "230 utterances, one by one",
  how: `The same recordings, each a file of its own, against what openai-whisper (fp32, greedy) makes of each: what the precision and the mode
cost. tiny.en, greedy on all sides.`,

  async run({ recordings, quick, recogniser, normalise, peer, tell }) {
    const all = await utterances(recordings);
    const chosen = quick ? all.slice(0, quickCount) : all;
    const clips = await Promise.all(chosen.map(({ path }) => readAudio(path)));
    const references = await normalise.wordsOf(chosen.map(({ text }) => text));
    const score = async (texts: readonly string[]): Promise<Alignment> => {
      const heard = await normalise.wordsOf(texts);
      return sumOf(references.map((reference, i) => align(reference, heard[i]!)));
    };
    // Both sides at once, a core each: no time is measured here.
    const theirs = Promise.all(
      (peer ? clips : []).map(async (clip) => {
        const { segments } = await peer!.transcribe(clip, { model: "tiny.en", language: "en" });
        return segments.map(({ text }) => text).join("");
      }),
    );
    const rows: { tool: string; alignment: Alignment }[] = [];
    const add = (tool: string, alignment: Alignment) => {
      rows.push({ tool, alignment });
      tell(`${tool}: ${percent(errorRate([alignment]))}, ${alignment.deleted} deleted`);
    };
    for (const { mode, precision } of quick ? variants.slice(0, 2) : variants) {
      const model = await recogniser("tiny.en", precision);
      const texts: string[] = [];
      for (const clip of clips) texts.push(printedText(await transcribe(model, clip, { mode })));
      add(`halfgig, ${mode}, ${precision}`, await score(texts));
    }
    if (peer) add("faster-whisper, int8", await score(await theirs));
    return {
      grids: [
        {
          header: ["", "differs", "deleted", "inserted", "replaced"],
          rows: rows.map(({ tool, alignment }) => [
            tool,
            percent(errorRate([alignment])),
            alignment.deleted,
            alignment.inserted,
            alignment.substituted,
          ]),
        },
      ],
      figures: rows.map(({ tool, alignment: { fates: _, ...alignment } }) => ({
        tool,
        ...alignment,
        differs: errorRate([alignment]),
      })),
    };
  },
};
