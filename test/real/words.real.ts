import { join } from "node:path";
import { expect, it } from "vitest";
import { modes, printedSegments } from "../../scripts/eval-real/pipeline.ts";
import { readAudio } from "../../scripts/eval-real/recordings.ts";
import { scoreStarts, startErrors, type TimedWord } from "../../scripts/eval-real/score/word-starts.ts";
import { knownWords } from "../../scripts/eval-real/tables/known-words.ts";
import { describeReal, recognise, recordings } from "./support/real.ts";

describeReal("words, in eight languages", () => {
  it.each(modes)("begin where they are heard, and none has no length: %s", async (mode) => {
    const errors: number[] = [];
    const heard: TimedWord[] = [];
    for (const { file, words } of await knownWords(recordings())) {
      const pcm = await readAudio(join(recordings().speech, file));
      const transcript = await recognise(pcm, { model: "base", mode, words: true });
      const found = printedSegments(transcript).flatMap((segment) => segment.words ?? []);
      const timed = found.map(({ text, startMs, endMs }) => ({ text, start: startMs / 1_000, end: endMs / 1_000 }));
      errors.push(...startErrors(words, timed));
      heard.push(...timed);
    }
    const score = scoreStarts(errors, heard);
    // Of 91 known words; the others base hears as other words.
    expect(score.matched).toBeGreaterThan(80);
    expect(score.medianSeconds).toBeLessThanOrEqual(0.08);
    expect(score.p90Seconds).toBeLessThanOrEqual(0.2);
    expect(score.withoutLength).toBe(0);
    expect(score.longestSeconds).toBeLessThan(2);
  });

  it.each(modes)("the word after a pause does not hold the pause: %s", async (mode) => {
    const pcm = await readAudio(join(recordings().speech, "jfk.wav"));
    const { segments } = await recognise(pcm, { model: "base", mode, words: true });
    const ask = segments.flatMap(({ words = [] }) => words).find(({ text }) => text.trim().toLowerCase() === "ask");
    expect(ask?.startMs).toBeGreaterThan(3_100);
    expect(ask?.endMs).toBeLessThan(4_100);
  });
});
