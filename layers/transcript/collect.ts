import type { HeardLanguage } from "./language.ts";
import type { LedgerWindow } from "./ledger.ts";
import { Notes } from "./notes.ts";
import { placeOutside } from "./placement.ts";
import type { ExactSlice, Segment, Span, WindowLanguage, Word } from "./types.ts";
import { comparable } from "./verdict.ts";
import { displayWidth } from "./width.ts";

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
type Dropped = NonNullable<ExactSlice["dropped"]>[number];

/** What was found in one window or slice; times are counted from `offsetMs`. */
export type FoundText = {
  found: readonly Found[];
  /** Text that was decoded without a place in time. */
  dropped?: readonly Dropped[] | undefined;
  offsetMs: number;
  /** The language of a segment that says none itself. */
  languageOf(found: Span): string;
  /** Where voice activity heard speech, on the file's clock. */
  speech: readonly Span[];
};

/** This many segments in a row with the same text are marked. A chorus does that too, so nothing is deleted. */
const repetitionLimit = 3;

/** Puts segments on the file's clock, one after the other, and says what could not be placed. */
export class SegmentCollector {
  readonly segments: Segment[] = [];
  readonly notes = new Notes();
  #runLength = 0;

  /**
   * Adds what a decoder found. Text whose times leave it no length inside the bounds is placed on the voice that is left ({@link placeOutside})
   * and flagged `placed`; so is text that was dropped, where a voice is left for it. Text of punctuation alone says nothing: it goes.
   * @param bounds of the window that it was found in, on the file's clock
   * @returns the segments as they are kept
   */
  addFound({ found, dropped = [], offsetMs, languageOf, speech }: FoundText, bounds: Span): Segment[] {
    const items = found
      .filter(({ text }) => !isPunctuation(text))
      .map((item) => ({ ...onClock(item, offsetMs), found: item }));
    for (const item of dropped.filter(({ text }) => !isPunctuation(text))) {
      const span = onClock(item, offsetMs);
      const next = items.findIndex(({ startMs }) => startMs > span.startMs);
      const at = next < 0 ? items.length : next;
      const before = items[at - 1]?.endMs ?? bounds.startMs;
      // Nothing is known of it but its text, so it takes nobody's time: a voice must be left for it.
      const room = {
        startMs: Math.max(before, this.#endMs),
        endMs: Math.min(items[at]?.startMs ?? bounds.endMs, bounds.endMs),
      };
      if (speech.some((voice) => overlaps(voice, room)))
        items.splice(at, 0, { ...span, found: { ...unmeasured, ...item } });
      else this.leaveOut(item, bounds);
    }
    const room = { startMs: Math.max(bounds.startMs, this.#endMs), endMs: bounds.endMs, speech };
    const kept: Segment[] = [];
    for (const { item, placed, ...span } of placeOutside(items, room, ({ found: { text } }) => displayWidth(text))) {
      const language = item.found.language ?? languageOf(item.found);
      if (span.endMs > span.startMs) kept.push(this.#push(item.found, span, { offsetMs, language, placed }));
      else this.leaveOut(item.found, bounds);
    }
    return kept;
  }

  /**
   * Adds text whose times are believed.
   * @returns the segment as it is kept; undefined where it has no place inside the bounds
   */
  add(given: Found, bounds: Span, language: string): Segment | undefined {
    const startMs = Math.max(given.startMs, this.#endMs);
    const endMs = Math.min(given.endMs, bounds.endMs);
    if (startMs < endMs && given.text.trim() !== "") {
      return this.#push(given, { startMs, endMs }, { offsetMs: 0, language, placed: false });
    }
    this.leaveOut(given, bounds);
    return undefined;
  }

  get #endMs(): number {
    return this.segments.at(-1)?.endMs ?? 0;
  }

  #push(
    found: Found,
    span: Span,
    { offsetMs, language, placed }: { offsetMs: number; language: string; placed: boolean },
  ): Segment {
    const { text, tokens, temperature, avgLogprob, compressionRatio, noSpeechProb, hallucination, words } = found;
    const { languageProbability } = found;
    const before = this.segments.at(-1);
    this.#runLength = before && comparable(before.text) === comparable(text) ? this.#runLength + 1 : 1;
    const flags = new Set(found.flags);
    if (placed) flags.add("placed");
    if (this.#runLength >= repetitionLimit) flags.add("repeated");
    const timedWords = words && (placed ? spreadWords(words, span) : wordsInside(words, offsetMs, span));
    const segment: Segment = {
      id: this.segments.length,
      ...span,
      text,
      language,
      ...(languageProbability === undefined ? {} : { languageProbability }),
      ...{ tokens, temperature, avgLogprob, compressionRatio, noSpeechProb },
      flags: [...flags],
      ...(hallucination ? { hallucination } : {}),
      ...(timedWords ? { words: timedWords } : {}),
    };
    this.segments.push(segment);
    return segment;
  }

  leaveOut({ text }: { text: string }, bounds: Span): void {
    if (!isPunctuation(text)) this.notes.add("text without a place in time was left out", bounds, { quote: text });
  }
}

/** What nobody has measured of text that was dropped. */
const unmeasured: Omit<Found, "text" | keyof Span> = {
  tokens: [],
  flags: [],
  temperature: null,
  avgLogprob: null,
  compressionRatio: null,
  noSpeechProb: null,
};

/** Symbols are no punctuation: music notes and emoji say something. */
const isPunctuation = (text: string) => /^[\p{P}\s]*$/u.test(text);
const onClock = ({ startMs, endMs }: Span, offsetMs: number) => ({
  startMs: startMs + offsetMs,
  endMs: endMs + offsetMs,
});
const overlaps = (a: Span, b: Span) => Math.max(a.startMs, b.startMs) < Math.min(a.endMs, b.endMs);

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

/** Words of a segment that was placed: their own times say nothing, so they share its time by their length. */
function spreadWords(words: readonly Word[], span: Span): Word[] {
  const items = words.map((word) => ({ startMs: 0, endMs: 0, word }));
  return placeOutside(items, { ...span, speech: [span] }, ({ word }) => displayWidth(word.text)).map(
    ({ item: { word }, startMs, endMs }) => ({ startMs, endMs, text: word.text, probability: word.probability }),
  );
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
