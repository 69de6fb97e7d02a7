import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recordings } from "../../real-models/index.ts";
import type { TimedWord } from "../score/word-starts.ts";

type TestData = {
  tests: {
    language_tests: {
      language: string;
      audio_file: string;
      words: { word: string; start_sec: number; end_sec: number }[];
    }[];
  };
};

/** The sentences of data/speech whose words have known times. */
export async function knownWords({
  speech,
}: Recordings): Promise<{ file: string; language: string; words: TimedWord[] }[]> {
  const data = JSON.parse(await readFile(join(speech, "test_data.json"), "utf8")) as TestData;
  return data.tests.language_tests.map(({ language, audio_file, words }) => ({
    file: audio_file,
    language,
    words: words.map(({ word, start_sec, end_sec }) => ({ text: word, start: start_sec, end: end_sec })),
  }));
}
