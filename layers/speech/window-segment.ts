import type { Decoding } from "./decode.ts";
import type { Attempt, Verdict } from "./fallback.ts";
import type { Hallucination } from "./hallucination.ts";
import { isGuess, isRepetitive, type Thresholds } from "./silence.ts";
import type { SegmentWord } from "./word-times.ts";

/**
 * Doubts about a segment. They mark, they never delete:
 * - `fallback_exhausted`: no temperature gave an acceptable text, this is the best of them
 * - `repetitive`: it compresses better than speech does
 * - `low_logprob`: the model was guessing
 * - `likely_silence`: the model heard no speech, yet is sure of its text
 * - `open_end`: the model did not say where it ends
 * - `truncated`: the token limit came first
 * - `placed`: its own times left it no length inside the audio, so it was put where a voice had no text
 * - `hallucination`: several signs say that nobody said this, see {@link Hallucination}
 */
export type SegmentFlag =
  | "fallback_exhausted"
  | "repetitive"
  | "low_logprob"
  | "likely_silence"
  | "open_end"
  | "truncated"
  | "placed"
  | "hallucination";

/** A piece of text with its times, whole milliseconds from the window's start, and the evidence for it. */
export type WindowSegment = {
  startMs: number;
  endMs: number;
  text: string;
  /** A language code, or `und`; absent where the checkpoint was not asked. */
  language?: string;
  /** How probable it is, where it was detected. */
  languageProbability?: number;
  /** Timestamp tokens included. */
  tokens: number[];
  /** These four are the decoding's, so segments decoded together share them, as in the reference. */
  temperature: number;
  avgLogprob: number;
  compressionRatio: number;
  noSpeechProb: number;
  flags: SegmentFlag[];
  hallucination: Hallucination;
  /** Where words were asked for. */
  words?: SegmentWord[];
};

/** A segment that has no length, or lies behind the audio. */
export type DroppedSegment = { startMs: number; endMs: number; text: string };

export type WindowAttempt = {
  /** Where this decoding began, on the clock of the segments. */
  seekMs: number;
  temperature: number;
  avgLogprob: number;
  compressionRatio: number;
  noSpeechProb: number;
  tokenCount: number;
  verdict: Verdict;
  kept: boolean;
  /** The model had said that nothing is spoken here, and voice activity that something is. */
  secondLook?: true;
};

export function segmentFlags(
  decoding: Decoding,
  thresholds: Thresholds,
  { exhausted, open }: { exhausted: boolean; open: boolean },
): SegmentFlag[] {
  const { noSpeechThreshold } = thresholds;
  const doubts: [SegmentFlag, boolean][] = [
    ["fallback_exhausted", exhausted],
    ["repetitive", isRepetitive(decoding, thresholds)],
    ["low_logprob", isGuess(decoding, thresholds)],
    ["likely_silence", noSpeechThreshold != null && decoding.noSpeechProb > noSpeechThreshold],
    ["open_end", open],
    ["truncated", open && decoding.truncated],
  ];
  return doubts.flatMap(([flag, applies]) => (applies ? [flag] : []));
}

export function describeAttempts(attempts: readonly Attempt[], kept: Attempt, seekMs: number): WindowAttempt[] {
  return attempts.map((attempt) => {
    const { temperature, avgLogprob, compressionRatio, noSpeechProb, tokens } = attempt.decoding;
    const evidence = { temperature, avgLogprob, compressionRatio, noSpeechProb, tokenCount: tokens.length };
    return { seekMs, ...evidence, verdict: attempt.verdict, kept: attempt === kept };
  });
}
