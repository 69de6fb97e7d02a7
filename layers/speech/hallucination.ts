import { comparable, minVoiceShare, rememberedTexts, repeatsToNotice, verdictOf } from "../transcript/index.ts";
import type { SpeechSpan } from "./options.ts";
import { isGuess, isRepetitive, type Thresholds } from "./silence.ts";

/** What speaks against a segment. */
export type HallucinationSign = "repetitive" | "low_logprob" | "no_speech" | "no_voice" | "repeated";

/**
 * How far a segment is to be believed, and why. It marks and never deletes: a chorus is repeated too, but it is voiced.
 * - `clear`: nothing speaks against it
 * - `doubtful`: something does
 * - `likely`: several things do, and one of them is that nobody is heard speaking
 */
export type Hallucination = {
  verdict: "clear" | "doubtful" | "likely";
  signs: HallucinationSign[];
  /** Share of the segment that voice activity detection called speech, 0 to 1; null where it was not asked. */
  voiceShare: number | null;
  /** How many of the {@link rememberedTexts} segments before it, in this window or earlier ones, said the same. */
  repeats: number;
};

export type JudgedSegment = {
  startMs: number;
  endMs: number;
  text: string;
  avgLogprob: number;
  compressionRatio: number;
  noSpeechProb: number;
};

/** Longer texts are told apart by their beginning and their length. */
const keptCharacters = 120;

/** Judges segments in the order of time; what it remembers (`recent`) can be carried on in a checkpoint. */
export class HallucinationJudge {
  readonly #thresholds: Thresholds;
  readonly #speech: readonly SpeechSpan[] | undefined;
  readonly #recent: string[];

  /** @param speech where voice activity detection heard speech, in order, on the segments' clock; left out where it was not asked */
  constructor(thresholds: Thresholds, speech?: readonly SpeechSpan[] | undefined, recent: readonly string[] = []) {
    this.#thresholds = thresholds;
    this.#speech = speech;
    this.#recent = recent.slice(-rememberedTexts);
  }

  /** The texts to begin with next time. */
  get recent(): string[] {
    return [...this.#recent];
  }

  judge(segment: JudgedSegment): Hallucination {
    const text = fingerprint(segment.text);
    const repeats = this.#recent.filter((earlier) => earlier === text).length;
    this.#recent.push(text);
    if (this.#recent.length > rememberedTexts) this.#recent.shift();

    const voiceShare = this.#speech ? speechShare(this.#speech, segment.startMs, segment.endMs) : null;
    const { noSpeechThreshold } = this.#thresholds;
    const all: [HallucinationSign, boolean][] = [
      ["repetitive", isRepetitive(segment, this.#thresholds)],
      ["low_logprob", isGuess(segment, this.#thresholds)],
      ["no_speech", noSpeechThreshold != null && segment.noSpeechProb > noSpeechThreshold],
      ["no_voice", voiceShare !== null && voiceShare < minVoiceShare],
      ["repeated", repeats >= repeatsToNotice],
    ];
    const signs = all.flatMap(([sign, applies]) => (applies ? [sign] : []));
    return { verdict: verdictOf(signs), signs, voiceShare, repeats };
  }
}

/** Share of [startMs, endMs) that lies in the spans, which are in order and do not overlap. */
export function speechShare(speech: readonly SpeechSpan[], startMs: number, endMs: number): number {
  if (endMs <= startMs) return 0;
  let low = 0;
  for (let high = speech.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (speech[middle]![1] <= startMs) low = middle + 1;
    else high = middle;
  }
  let covered = 0;
  for (let i = low; i < speech.length && speech[i]![0] < endMs; i++) {
    covered += Math.min(endMs, speech[i]![1]) - Math.max(startMs, speech[i]![0]);
  }
  return covered / (endMs - startMs);
}

/** A text as it is remembered: it may be long, and a checkpoint carries it. */
function fingerprint(text: string): string {
  const plain = comparable(text);
  return plain.length > keptCharacters ? `${plain.slice(0, keptCharacters)}#${plain.length}` : plain;
}
