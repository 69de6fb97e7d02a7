import type { Decoding } from "./decode.ts";

/** `null` switches a threshold off, as None does in the reference. */
export type Thresholds = {
  /** Text that compresses better than this repeats itself. */
  compressionRatioThreshold: number | null | undefined;
  /** A mean log-probability below this is a guess. */
  logprobThreshold: number | null | undefined;
  /** More than this no-speech probability suggests silence. */
  noSpeechThreshold: number | null | undefined;
};

/** Those of `transcribe()` in whisper/transcribe.py. */
export const defaultThresholds = {
  compressionRatioThreshold: 2.4,
  logprobThreshold: -1,
  noSpeechThreshold: 0.6,
} as const satisfies Thresholds;

export type Evidence = Pick<Decoding, "noSpeechProb" | "avgLogprob">;

/** `should_skip`: the model hears no speech, and its text is not probable enough to contradict that. */
export function isSilence(
  { noSpeechProb, avgLogprob }: Evidence,
  { noSpeechThreshold, logprobThreshold }: Thresholds = defaultThresholds,
): boolean {
  if (noSpeechThreshold == null || !(noSpeechProb > noSpeechThreshold)) return false;
  return logprobThreshold == null || !(avgLogprob > logprobThreshold);
}

export function isRepetitive(
  { compressionRatio }: Pick<Decoding, "compressionRatio">,
  { compressionRatioThreshold }: Thresholds,
): boolean {
  return compressionRatioThreshold != null && compressionRatio > compressionRatioThreshold;
}

export function isGuess(
  { avgLogprob }: Pick<Decoding, "avgLogprob">,
  { logprobThreshold }: Thresholds = defaultThresholds,
): boolean {
  return logprobThreshold != null && avgLogprob < logprobThreshold;
}
