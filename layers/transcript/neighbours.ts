import type { Segment } from "./types.ts";

/** A stretch in another language that is shorter than this takes its neighbours', unless it is surely in its own. */
const shortMs = 2_000;
const sureProbability = 0.8;

type Spoken = Pick<Segment, "startMs" | "endMs" | "language" | "languageProbability">;

/**
 * Gives a short stretch between two stretches of one language that language, in place: a second or two of speech say little of it, and
 * people seldom change for a word. What is surely in a language of its own keeps it, and so does a change at either end.
 */
export function smoothLanguages(segments: readonly Spoken[]): void {
  const runs: Spoken[][] = [];
  for (const segment of segments) {
    const last = runs.at(-1);
    if (last?.[0]?.language === segment.language) last.push(segment);
    else runs.push([segment]);
  }
  for (const [i, run] of runs.entries()) {
    const [before, after] = [runs[i - 1]?.[0]?.language, runs[i + 1]?.[0]?.language];
    const spokenMs = run.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    const isSure = run.every(({ languageProbability = 0 }) => languageProbability >= sureProbability);
    if (before === undefined || before !== after || spokenMs >= shortMs || isSure) continue;
    for (const segment of run) {
      segment.language = before;
      delete segment.languageProbability;
    }
  }
}
