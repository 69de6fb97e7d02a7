import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { type DecodeOptions, type Decoding, decodeAudio, mixSeed } from "./decode.ts";
import { checkSearchOptions, thresholdsOf } from "./options.ts";
import { defaultThresholds, isGuess, isRepetitive, isSilence, type Thresholds } from "./silence.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The reference's ladder: certain first, then ever more willing to try something else. */
export const defaultTemperatures: readonly number[] = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Why a decoding was taken or refused. */
export type Verdict = "ok" | "silence" | "repetitive" | "low_logprob";

export type Attempt = { decoding: Decoding; verdict: Verdict };

export type FallbackOptions = Omit<DecodeOptions, "temperature"> &
  Partial<Thresholds> & { temperatures?: readonly number[] | undefined };

/** `needs_fallback` of whisper/transcribe.py, with its reason. Silence is an answer and needs no other. */
export function judge(decoding: Decoding, thresholds: Thresholds = defaultThresholds): Verdict {
  if (isGuess(decoding, thresholds) && isSilence(decoding, thresholds)) return "silence";
  if (isRepetitive(decoding, thresholds)) return "repetitive";
  if (isGuess(decoding, thresholds)) return "low_logprob";
  return "ok";
}

/**
 * `decode_with_fallback`: decodes at rising temperatures until one attempt is acceptable, with a beam search at 0 and several
 * samples above. Where none is, the best of them is kept (the reference keeps the last).
 *
 * @returns every attempt in order, the kept one, and whether none was acceptable
 * @throws MediaError `request.invalid` for options that decoding cannot work with
 */
export async function decodeWithFallback(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  options: FallbackOptions,
): Promise<{ attempts: Attempt[]; kept: Attempt; exhausted: boolean }> {
  checkSearchOptions(options);
  const { temperatures = defaultTemperatures, ...decodeOptions } = options;
  const thresholds = thresholdsOf(options);
  const attempts: Attempt[] = [];
  // The language heard without sampling stays, so that all attempts are attempts at the same thing.
  let { language, languages } = decodeOptions;
  for (const [rung, temperature] of temperatures.entries()) {
    const seed = mixSeed(options.seed, rung + 1);
    const decoding = await decodeAudio(model, tokenizer, audio, {
      ...decodeOptions,
      language,
      languages,
      temperature,
      seed,
    });
    language ??= decoding.language;
    languages ??= decoding.languages;
    const attempt = { decoding, verdict: judge(decoding, thresholds) };
    attempts.push(attempt);
    if (attempt.verdict === "ok" || attempt.verdict === "silence") return { attempts, kept: attempt, exhausted: false };
  }
  return { attempts, kept: attempts.reduce(better), exhausted: true };
}

/** Text that does not repeat itself before text that does; then the likelier, or the less repetitive. Ties go to the earlier. */
function better(a: Attempt, b: Attempt): Attempt {
  const repeats = [a, b].map(({ verdict }) => verdict === "repetitive");
  if (repeats[0] !== repeats[1]) return repeats[0] ? b : a;
  if (repeats[0]) return b.decoding.compressionRatio < a.decoding.compressionRatio ? b : a;
  return b.decoding.avgLogprob > a.decoding.avgLogprob ? b : a;
}
