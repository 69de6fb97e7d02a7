import type { Decoding } from "./decode.ts";

/** The thresholds of `transcribe()` in whisper/transcribe.py. */
export const thresholds = {
  /** More than this no-speech probability suggests silence. */
  noSpeech: 0.6,
  /** A mean log-probability below this is a guess. */
  logprob: -1.0,
  /** Text that compresses better than this repeats itself. */
  compressionRatio: 2.4,
} as const;

type Evidence = Pick<Decoding, "noSpeechProb" | "avgLogprob">;

/** `should_skip`: the model hears no speech, and its text is not probable enough to contradict that. */
export function isSilence({ noSpeechProb, avgLogprob }: Evidence): boolean {
  return noSpeechProb > thresholds.noSpeech && !(avgLogprob > thresholds.logprob);
}
