import type { Transcript } from "../../../layers/transcript/index.ts";
import { modes, printedSegments, transcribe } from "../pipeline.ts";
import { labelledShare } from "../score/labels.ts";
import { type Cell, type Context, type Grid, percent, type Table } from "../table.ts";
import { type LanguageCase, languageCases } from "./language-cases.ts";

const peerName = "faster-whisper, vad_filter, multilingual";

export const languagesTable: Table = {
  id: "languages",
  title: "Several languages in one file",
  how: `Recordings of data/speech joined, base, int8, language detected. A language is right where a printed line with that label lies on the
speech: the share of speech time, which is where the clean parts are loud.`,

  async run(context) {
    const cases = await languageCases(context.recordings);
    const figures: { case: string; tool: string; share: number; language: string; text: string }[] = [];
    const rows: Cell[][] = [];
    for (const one of context.quick ? cases.slice(0, 4) : cases) {
      context.tell(one.name);
      const row: Cell[] = [one.name];
      // Both sides at once, a core each: no time is measured here.
      const theirs = context.peer && peerCell(context, one, figures);
      const model = await context.recogniser("base", "int8");
      for (const mode of modes) {
        const transcript = await transcribe(model, one.pcm, { mode });
        const lines = printedSegments(transcript);
        const share = labelledShare(one.said, lines);
        const language = transcript.language?.code ?? "–";
        figures.push({ case: one.name, tool: mode, share, language, text: describe(transcript) });
        row.push(`${percent(share, 0)} (${language})`);
        context.tell(`${mode}: ${percent(share, 0)} ${describe(transcript)}`);
      }
      if (theirs) row.push(await theirs);
      rows.push(row);
    }
    const header = ["speech labelled right (file's language)", ...modes.map((mode) => `halfgig, ${mode}`)];
    if (context.peer) header.push(peerName);
    const grid: Grid = { header, rows };
    return { grids: [grid], figures };
  },
};

/** faster-whisper labels the file; with `multilingual` it decodes each window in its own language, and does not say which. */
async function peerCell({ peer }: Context, { name, pcm, said }: LanguageCase, figures: unknown[]): Promise<Cell> {
  const result = await peer!.transcribe(pcm, { model: "base", more: { multilingual: true, vad_filter: true } });
  const lines = result.segments.map(({ start, end, text }) => ({
    startMs: start * 1_000,
    endMs: end * 1_000,
    text,
    language: result.language,
  }));
  const share = labelledShare(said, lines);
  const text = lines.map((line) => line.text).join("");
  figures.push({ case: name, tool: peerName, share, language: result.language, text });
  return `${percent(share, 0)} (${result.language})`;
}

const describe = (transcript: Transcript) =>
  printedSegments(transcript)
    .map(({ startMs, endMs, language, text }) => `${startMs / 1e3}–${endMs / 1e3} ${language}:${text}`)
    .join(" | ");
