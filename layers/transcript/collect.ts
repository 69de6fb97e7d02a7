import { comparable } from "./evidence.ts";
import type { HeardLanguage } from "./language.ts";
import type { LedgerWindow } from "./ledger.ts";
import type { ExactSlice, Segment, Span, WindowLanguage, Word } from "./types.ts";

/** What a file's segments are joined into, from windows or from slices. */
export type Merged = {
  /** In order of time, inside the audio, never overlapping, numbered from 0. */
  segments: Segment[];
  /** What was listened to, for the ledger, with the segments above. */
  windows: LedgerWindow[];
  /** One per window that was recognised. */
  languages: HeardLanguage[];
  warnings: string[];
};

type Found = ExactSlice["segments"][number];

/** This many segments in a row with the same text are marked. A chorus does that too, so nothing is deleted. */
const repetitionLimit = 3;

/** Puts segments on the file's clock, one after the other, and says what could not be placed. */
export class SegmentCollector {
  readonly segments: Segment[] = [];
  readonly warnings: string[] = [];
  #runLength = 0;

  /**
   * @param bounds of the window that the segment was found in, on the file's clock
   * @param offsetMs what its times are counted from
   * @returns the segment as it is kept; undefined where it has no place in time
   */
  add(found: Found, bounds: Span, { offsetMs, language }: { offsetMs: number; language: string }): Segment | undefined {
    const before = this.segments.at(-1);
    const { text, tokens, temperature, avgLogprob, compressionRatio, noSpeechProb, flags, hallucination, words } =
      found;
    const startMs = Math.max(offsetMs + found.startMs, before?.endMs ?? 0);
    const endMs = Math.min(offsetMs + found.endMs, bounds.endMs);
    if (startMs >= endMs || text.trim() === "") {
      this.leaveOut([{ text }], bounds);
      return undefined;
    }
    this.#runLength = before && comparable(before.text) === comparable(text) ? this.#runLength + 1 : 1;
    const segment: Segment = {
      id: this.segments.length,
      startMs,
      endMs,
      text,
      language,
      ...{ tokens, temperature, avgLogprob, compressionRatio, noSpeechProb },
      flags: this.#runLength < repetitionLimit || flags.includes("repeated") ? flags : [...flags, "repeated"],
      ...(hallucination ? { hallucination } : {}),
      ...(words ? { words: wordsInside(words, offsetMs, { startMs, endMs }) } : {}),
    };
    this.segments.push(segment);
    return segment;
  }

  leaveOut(dropped: readonly { text: string }[], bounds: Span): void {
    for (const { text } of dropped) {
      this.warnings.push(`${clock(bounds)}: text without a place in time was left out: "${text}".`);
    }
  }
}

/** Words never leave their segment, nor go back in time. */
function wordsInside(words: readonly Word[], offsetMs: number, { startMs, endMs }: Span): Word[] {
  let atMs = startMs;
  return words.map((word) => {
    const inside = (ms: number) => Math.min(Math.max(ms + offsetMs, atMs), endMs);
    const from = inside(word.startMs);
    atMs = from;
    const to = inside(word.endMs);
    atMs = to;
    return { startMs: from, endMs: to, text: word.text, probability: word.probability };
  });
}

export function heardLanguage(
  { code, probability, source, candidates, all }: WindowLanguage,
  speechMs: number,
): Omit<HeardLanguage, keyof Span> {
  const listed = Object.fromEntries(candidates.map((candidate) => [candidate.code, candidate.probability]));
  return {
    code,
    probability,
    probabilities: all ?? (candidates.length > 0 ? listed : { [code]: probability }),
    fixed: source !== "detected",
    speechMs,
  };
}

export function clock({ startMs, endMs }: Span): string {
  return `${(startMs / 1000).toFixed(1)}–${(endMs / 1000).toFixed(1)} s`;
}
