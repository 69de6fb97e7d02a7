import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { modes, printedSegments, transcribe } from "../pipeline.ts";
import { readAudio } from "../recordings.ts";
import { scoreStarts, startErrors, type TimedWord } from "../score/word-starts.ts";
import type { Context, Table } from "../table.ts";
import { knownWords } from "./known-words.ts";

type Side = { tool: string; wordsOf(file: string, language: string): Promise<TimedWord[]> };

export const wordsTable: Table = {
  id: "words",
  title: "Where words begin",
  how: `One sentence in each of eight languages (data/speech), base, language detected, against the times of words in test_data.json. Compared are
words that begin at the same letter of the text. Error of the start: median and 90th percentile of its size, and its mean (below 0: too early).`,

  async run(context) {
    const known = await knownWords(context.recordings);
    const rows = [];
    const figures = [];
    for (const { tool, wordsOf } of await sides(context)) {
      const errors: number[] = [];
      const heard: TimedWord[] = [];
      for (const { file, language, words } of known) {
        const found = await wordsOf(file, language);
        errors.push(...startErrors(words, found));
        heard.push(...found);
      }
      const score = scoreStarts(errors, heard);
      figures.push({ tool, ...score });
      context.tell(`${tool}: ${JSON.stringify(score)}`);
      rows.push([
        tool,
        score.matched,
        `${score.medianSeconds.toFixed(2)} s`,
        `${score.p90Seconds.toFixed(2)} s`,
        `${score.meanSeconds.toFixed(2)} s`,
        score.withoutLength,
        `${score.longestSeconds.toFixed(2)} s`,
      ]);
    }
    const header = ["", "words", "median", "90th percentile", "mean", "without length", "longest word"];
    return { grids: [{ header, rows }], figures };
  },
};

async function sides({ recordings, recogniser, peer }: Context): Promise<Side[]> {
  const audio = (file: string) => readAudio(join(recordings.speech, file));
  const halfgigs = modes.map(
    (mode): Side => ({
      tool: `halfgig, ${mode}, int8`,
      async wordsOf(file) {
        const transcript = await transcribe(await recogniser("base", "int8"), await audio(file), { mode, words: true });
        return printedSegments(transcript).flatMap(({ words = [] }) =>
          words.map(({ text, startMs, endMs }) => ({ text, start: startMs / 1_000, end: endMs / 1_000 })),
        );
      },
    }),
  );
  const peers = (peer ? [false, true] : []).map(
    (vad_filter): Side => ({
      tool: `faster-whisper${vad_filter ? ", vad_filter" : ""}, int8`,
      async wordsOf(file) {
        const more = { word_timestamps: true, vad_filter };
        const { segments } = await peer!.transcribe(await audio(file), { model: "base", more });
        return segments.flatMap(({ words }) => words);
      },
    }),
  );
  return [...halfgigs, ...peers, await openai(join(recordings.reference, "base-speech.json"))];
}

type Reference = Record<string, { segments: { words: [text: string, start: number, end: number][] }[] }>;

async function openai(path: string): Promise<Side> {
  const reference = JSON.parse(await readFile(path, "utf8")) as Reference;
  return {
    tool: "openai-whisper, fp32",
    wordsOf: async (file) =>
      (reference[file]?.segments ?? []).flatMap(({ words }) =>
        words.map(([text, start, end]) => ({ text, start, end })),
      ),
  };
}
