import { modes, printedText, transcribe } from "../pipeline.ts";
import { align } from "../score/align.ts";
import { holesOf } from "../score/holes.ts";
import { type Cell, inSeconds, type Table } from "../table.ts";
import { realCases } from "./real-cases.ts";

const peers: readonly (readonly [string, Record<string, unknown>])[] = [
  ["faster-whisper", {}],
  ["faster-whisper, vad_filter", { vad_filter: true }],
];

export const casesTable: Table = {
  id: "cases",
  title: "Recordings that lost or invented text",
  how: `Inputs of public bug reports, made again. Words of what is said that are deleted / words that are wrong in all (deleted, inserted,
replaced); of halfgig the voice without text besides. tiny.en and base, int8, greedy; reading is compared with the reference's text by tiny.en.`,

  async run({ recordings, recogniser, normalise, peer, tell }) {
    const tools = [...modes.map((mode) => `halfgig, ${mode}`), ...(peer ? peers.map(([tool]) => tool) : [])];
    const rows: Cell[][] = [];
    const figures: unknown[] = [];
    const cases = await realCases(recordings);
    for (const name of ["tiny.en", "base"] as const) {
      for (const one of cases) {
        tell(`${name}, ${one.name}`);
        const [reference = []] = await normalise.wordsOf([one.text]);
        const row: Cell[] = [name, one.name];
        const add = async (tool: string, text: string, holesMs?: number) => {
          const [heard = []] = await normalise.wordsOf([text]);
          const { deleted, inserted, substituted } = align(reference, heard);
          figures.push({ model: name, case: one.name, tool, deleted, inserted, substituted, holesMs, text });
          const holes = holesMs ? `, ${inSeconds(holesMs)}` : "";
          row.push(`${deleted} / ${deleted + inserted + substituted}${holes}`);
        };
        // Both sides at once, a core each: no time is measured here.
        const theirs = (peer ? peers : []).map(([tool, more]) => ({
          tool,
          result: peer!.transcribe(one.pcm, { model: name, language: "en", more }),
        }));
        for (const mode of modes) {
          const transcript = await transcribe(await recogniser(name, "int8"), one.pcm, { mode });
          await add(`halfgig, ${mode}`, printedText(transcript), holesOf(transcript).totalMs);
        }
        for (const { tool, result } of theirs) {
          const { segments } = await result;
          await add(tool, segments.map(({ text }) => text).join(""));
        }
        tell(row.slice(2).join(" | "));
        rows.push(row);
      }
    }
    return { grids: [{ header: ["model", "recording", ...tools], rows }], figures };
  },
};
