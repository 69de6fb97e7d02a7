import type { Spoken } from "./voiced-words.ts";
import type { Word } from "./word-split.ts";

/** A word with its times in milliseconds from the beginning of the encoded audio, and the mean probability of its tokens. */
export type TimedWord = Word & { startMs: number; endMs: number; probability: number };

/** A word of a transcript: whole milliseconds, its leading space kept as in the reference. */
export type SegmentWord = { startMs: number; endMs: number; text: string; probability: number };

/** What words are put into. Its times change where the words know better. */
export type Wordable = {
  startMs: number;
  endMs: number;
  tokens: readonly number[];
  words?: SegmentWord[];
  /** The same words where they are heard, and from the first to the last of them; see `placeAtVoice`. */
  spoken?: Spoken;
};

export type WordPlacement = {
  /** Where the encoded audio lies on the clock of the segments, and where it ends there. */
  offsetMs: number;
  audioEndMs: number;
  /** The end of the last word before this audio; 0 where there is none. */
  lastSpeechMs: number;
  endOfText: number;
};

/** No word counts as typical that is longer than this. */
const longestMedianMs = 700;
/** Distance from which a segment's own time is believed rather than its words'. */
const believedMs = 500;
const sentenceEnds = ".。!！?？";

/** Typical and longest length of a word: the median of those that have any, and twice that (`add_word_timestamps`). */
export function wordLengths(words: readonly TimedWord[]): { medianMs: number; longestMs: number } {
  const lengths = words
    .map(({ startMs, endMs }) => endMs - startMs)
    .filter((length) => length !== 0)
    .sort((a, b) => a - b);
  const middle = lengths.length >> 1;
  const median =
    lengths.length === 0
      ? 0
      : lengths.length % 2 === 1
        ? lengths[middle]!
        : (lengths[middle - 1]! + lengths[middle]!) / 2;
  const medianMs = Math.min(longestMedianMs, median);
  return { medianMs, longestMs: medianMs * 2 };
}

/** "ensure words at sentence boundaries are not longer than twice the median word duration", in place. */
export function shortenAtSentenceEnds(words: TimedWord[]): void {
  const { longestMs } = wordLengths(words);
  if (longestMs === 0) return;
  for (let i = 1; i < words.length; i++) {
    const word = words[i]!;
    if (word.endMs - word.startMs <= longestMs) continue;
    if (sentenceEnds.includes(word.text)) word.endMs = word.startMs + longestMs;
    else if (sentenceEnds.includes(words[i - 1]!.text)) word.startMs = word.endMs - longestMs;
  }
}

/**
 * The second half of `add_word_timestamps` of whisper/timing.py, in place: gives every segment its words, shortens what is too
 * long after a pause, and settles segment and words on common times. Beyond the reference, words are kept inside
 * their segment and the audio, and never go back.
 *
 * @param words punctuation merged already; in order, over the text tokens of all segments together
 * @param lengths of the words before they were shortened and merged
 * @returns the end of the last word, for the next call
 */
export function placeWords(
  segments: readonly Wordable[],
  words: readonly TimedWord[],
  lengths: { medianMs: number; longestMs: number },
  { offsetMs, audioEndMs, lastSpeechMs, endOfText }: WordPlacement,
): number {
  let speechEndMs = lastSpeechMs;
  let floorMs = offsetMs;
  let next = 0;
  for (const segment of segments) {
    const wanted = segment.tokens.filter((token) => token < endOfText).length;
    const own: SegmentWord[] = [];
    for (let taken = 0; next < words.length && taken < wanted; next++) {
      const { text, tokens, startMs, endMs, probability } = words[next]!;
      taken += tokens.length;
      if (text === "") continue;
      own.push({ startMs: toHundredths(offsetMs + startMs), endMs: toHundredths(offsetMs + endMs), text, probability });
    }
    segment.words = own;
    if (own.length === 0) continue;
    shortenAfterPause(own, lengths, speechEndMs);
    agree(segment, own, lengths.medianMs);
    settle(segment, own, floorMs, audioEndMs);
    speechEndMs = segment.endMs;
    floorMs = segment.endMs;
  }
  return speechEndMs;
}

/** "ensure the first and second word after a pause is not longer than twice the median word duration" */
function shortenAfterPause(
  [first, second]: SegmentWord[],
  { medianMs, longestMs }: { medianMs: number; longestMs: number },
  speechEndMs: number,
): void {
  if (!first || first.endMs - speechEndMs <= medianMs * 4) return;
  const long = first.endMs - first.startMs > longestMs;
  const bothLong = second !== undefined && second.endMs - first.startMs > longestMs * 2;
  if (!long && !bothLong) return;
  if (second && second.endMs - second.startMs > longestMs) {
    const boundary = Math.max(second.endMs / 2, second.endMs - longestMs);
    first.endMs = boundary;
    second.startMs = boundary;
  }
  first.startMs = Math.max(0, first.endMs - longestMs);
}

/** "prefer the segment-level start [end] timestamp if the first [last] word is too long", else the word's. */
function agree(segment: Wordable, words: SegmentWord[], medianMs: number): void {
  const first = words[0]!;
  if (segment.startMs < first.endMs && segment.startMs - believedMs > first.startMs) {
    first.startMs = Math.max(0, Math.min(first.endMs - medianMs, segment.startMs));
  } else segment.startMs = first.startMs;
  const last = words.at(-1)!;
  if (segment.endMs > last.startMs && segment.endMs + believedMs < last.endMs) {
    last.endMs = Math.max(last.startMs + medianMs, segment.endMs);
  } else segment.endMs = last.endMs;
}

function settle(segment: Wordable, words: SegmentWord[], floorMs: number, ceilingMs: number): void {
  const clamp = (ms: number, least: number, most: number) => Math.max(least, Math.min(Math.round(ms), most));
  segment.startMs = clamp(segment.startMs, floorMs, Math.max(floorMs, ceilingMs));
  segment.endMs = clamp(segment.endMs, segment.startMs, Math.max(segment.startMs, ceilingMs));
  let cursor = segment.startMs;
  for (const word of words) {
    word.startMs = clamp(word.startMs, cursor, segment.endMs);
    word.endMs = clamp(word.endMs, word.startMs, segment.endMs);
    cursor = word.endMs;
  }
}

/** `round(…, 2)` of seconds. */
function toHundredths(ms: number): number {
  return Math.round(ms / 10) * 10;
}
