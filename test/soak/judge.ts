import { editDistance, words } from "../../scripts/eval/index.ts";
import type { Recording, Utterance } from "./recording.ts";

export type Word = { startMs: number; endMs: number; text: string };
export type Segment = Word & { words?: Word[] };

/** How far speech may be from where it was put, and still be that speech. */
const toleranceMs = 500;

/**
 * Words of segments that touch an utterance against what was said; and words that stand where nobody spoke.
 * @param language judges utterances of this language only
 */
export function judgeText(segments: readonly Segment[], { utterances }: Recording, language?: string) {
  const judged = utterances.filter((utterance) => language === undefined || utterance.language === language);
  const near = (segment: Segment, list: readonly Utterance[]) =>
    list.some(({ startMs, endMs }) => segment.startMs < endMs + toleranceMs && segment.endMs > startMs - toleranceMs);
  const spoken = judged.flatMap(({ text }) => words(text));
  const heard = segments.filter((segment) => near(segment, judged)).flatMap(({ text }) => words(text));
  const invented = segments.filter((segment) => !near(segment, utterances));
  return {
    spokenWords: spoken.length,
    wordErrorRate: editDistance(spoken, heard) / spoken.length,
    inventedWords: invented.flatMap(({ text }) => words(text)).length,
    missedUtterances: judged.filter((utterance) => !segments.some((segment) => overlaps(segment, utterance))).length,
  };
}

const overlaps = (a: Word, b: Utterance) => a.startMs < b.endMs && a.endMs > b.startMs;

/** The longest run of equal things in a row. */
export function longestRun(items: readonly string[]): number {
  let longest = 0;
  let run = 0;
  for (const [i, item] of items.entries()) {
    run = item === items[i - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

/**
 * How many more of the same in a row than were really said are no loop yet. Music makes the demo model write one digit eleven
 * times; a decoder that loops goes on to its limit of 64 tokens.
 */
export const loopAllowance = { segments: 2, words: 20 };

/** Runs of the same segment, and of the same word inside one, here and in what was said. */
export function judgeLoops(segments: readonly Segment[], { utterances }: Recording) {
  const runs = (texts: readonly string[]) => ({
    segments: longestRun(texts.map((text) => words(text).join(" "))),
    words: Math.max(0, ...texts.map((text) => longestRun(words(text)))),
  });
  return { heard: runs(segments.map(({ text }) => text)), said: runs(utterances.map(({ text }) => text)) };
}

/** What is wrong with the times of segments and words; empty where nothing is. */
export function timeFaults(segments: readonly Segment[], durationMs: number): string[] {
  const faults: string[] = [];
  let latestMs = 0;
  for (const segment of segments) {
    if (segment.startMs < latestMs) faults.push(`${describe(segment)} begins before ${latestMs}`);
    if (segment.startMs >= segment.endMs) faults.push(`${describe(segment)} has no length`);
    if (segment.endMs > durationMs) faults.push(`${describe(segment)} ends after the audio`);
    let wordMs = segment.startMs;
    for (const word of segment.words ?? []) {
      if (word.startMs < wordMs || word.endMs < word.startMs || word.endMs > segment.endMs) {
        faults.push(`word ${describe(word)} is out of order or outside ${describe(segment)}`);
      }
      wordMs = word.endMs;
    }
    latestMs = segment.endMs;
  }
  return faults;
}

const describe = ({ startMs, endMs, text }: Word) => `[${startMs}, ${endMs}) ${JSON.stringify(text.slice(0, 40))}`;

/** Where the ledger has a gap, an overlap, or another length than the audio; empty where it is a partition. */
export function ledgerFaults(intervals: readonly { startMs: number; endMs: number }[], durationMs: number): string[] {
  const faults: string[] = [];
  let atMs = 0;
  for (const { startMs, endMs } of intervals) {
    if (startMs !== atMs) faults.push(`an interval begins at ${startMs}, not at ${atMs}`);
    if (endMs <= startMs) faults.push(`the interval at ${startMs} has no length`);
    atMs = endMs;
  }
  if (atMs !== durationMs) faults.push(`the ledger ends at ${atMs}, the audio at ${durationMs}`);
  return faults;
}
