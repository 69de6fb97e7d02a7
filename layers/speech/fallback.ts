import { MediaError } from "../core/index.ts";
import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { type DecodeOptions, type Decoding, decodeAudio } from "./decode.ts";
import { isSilence, thresholds } from "./silence.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The reference's ladder: certain first, then ever more willing to try something else. */
export const defaultTemperatures: readonly number[] = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Why a decoding was taken or refused. */
export type Verdict = "ok" | "silence" | "repetitive" | "low_logprob";

export type Attempt = { decoding: Decoding; verdict: Verdict };

export type FallbackOptions = Omit<DecodeOptions, "temperature"> & {
  temperatures?: readonly number[] | undefined;
  /** Samples drawn at each temperature above 0, of which the likeliest is kept. The reference's command line uses 5. */
  bestOf?: number | undefined;
};

/** `needs_fallback` of whisper/transcribe.py, with its reason. Silence is an answer and needs no other. */
export function judge(decoding: Decoding): Verdict {
  if (decoding.avgLogprob < thresholds.logprob && isSilence(decoding)) return "silence";
  if (decoding.compressionRatio > thresholds.compressionRatio) return "repetitive";
  if (decoding.avgLogprob < thresholds.logprob) return "low_logprob";
  return "ok";
}

/**
 * `decode_with_fallback`: decodes at rising temperatures until one attempt is acceptable. Where none is, the best of them
 * is kept (the reference keeps the last).
 *
 * @returns every attempt in order, the kept one, and whether none was acceptable
 * @throws MediaError `request.invalid` without a temperature, or with one below 0
 */
export async function decodeWithFallback(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  { temperatures = defaultTemperatures, bestOf = 1, ...options }: FallbackOptions,
): Promise<{ attempts: Attempt[]; kept: Attempt; exhausted: boolean }> {
  if (temperatures.length === 0 || !temperatures.every((temperature) => temperature >= 0)) {
    throw new MediaError(
      "request.invalid",
      `Decoding needs one or more temperatures of at least 0, for example 0,0.2,0.4; it got [${temperatures.join(",")}].`,
    );
  }
  const attempts: Attempt[] = [];
  // The language heard without sampling stays, so that all attempts are attempts at the same thing.
  let { language } = options;
  for (const [rung, temperature] of temperatures.entries()) {
    const samples: Decoding[] = [];
    for (let n = 0; n < (temperature > 0 ? bestOf : 1); n++) {
      const seed = mixSeed(options.seed, rung, n);
      samples.push(await decodeAudio(model, tokenizer, audio, { ...options, language, temperature, seed }));
    }
    const decoding = likeliest(samples);
    language ??= decoding.language;
    const attempt = { decoding, verdict: judge(decoding) };
    attempts.push(attempt);
    if (attempt.verdict === "ok" || attempt.verdict === "silence") return { attempts, kept: attempt, exhausted: false };
  }
  return { attempts, kept: attempts.reduce(better), exhausted: true };
}

/** `MaximumLikelihoodRanker` without a length penalty: the sum of log-probabilities over the number of tokens. */
function likeliest(samples: Decoding[]): Decoding {
  const score = ({ avgLogprob, tokens }: Decoding) => (avgLogprob * (tokens.length + 1)) / tokens.length;
  return samples.reduce((best, sample) => (score(sample) > score(best) ? sample : best));
}

/** Text that does not repeat itself before text that does; then the likelier, or the less repetitive. Ties go to the earlier. */
function better(a: Attempt, b: Attempt): Attempt {
  const repeats = [a, b].map(({ verdict }) => verdict === "repetitive");
  if (repeats[0] !== repeats[1]) return repeats[0] ? b : a;
  if (repeats[0]) return b.decoding.compressionRatio < a.decoding.compressionRatio ? b : a;
  return b.decoding.avgLogprob > a.decoding.avgLogprob ? b : a;
}

/** Different draws for every rung and sample; multipliers are those of MurmurHash3. */
function mixSeed(seed: number, rung: number, sample: number): number {
  return (Math.imul(seed | 0, 0x85ebca6b) ^ Math.imul(rung + 1, 0xc2b2ae35) ^ Math.imul(sample, 0x27d4eb2f)) >>> 0;
}
