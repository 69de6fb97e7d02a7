import type { AudioContext, SpeechModel } from "../inference/index.ts";
import type { Decoding } from "./decode.ts";
import { type Attempt, decodeWithFallback, type FallbackOptions } from "./fallback.ts";
import { rankLanguages } from "./language.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type AlternativeOptions = FallbackOptions & {
  /** So many languages after the most probable one are tried where that one is doubtful; default 0, as in the reference. */
  languageAlternatives?: number | undefined;
};

export type LikelierDecoding = Awaited<ReturnType<typeof decodeWithFallback>> & {
  /** How probable the language is after its text was heard too; absent where no other was tried. */
  languageProbability?: number;
};

/** From this probability on a language is not doubted, and costs one decoding as always. */
const certainProbability = 0.8;

/**
 * Decodes a window in the language that is heard, and where that is doubtful also in the next ones, and keeps the likeliest of
 * them. It is what a beam search over the language token would do: hypotheses are ranked by their log-probability with the
 * language's own in it, over the length. Every attempt of every language is in `attempts`, in order.
 *
 * A language that was given is not doubted, and neither is silence.
 */
export async function decodeInLikeliestLanguage(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  { languageAlternatives = 0, ...options }: AlternativeOptions,
): Promise<LikelierDecoding> {
  const first = await decodeWithFallback(model, tokenizer, audio, options);
  const { languages } = first.kept.decoding;
  const [best, ...others] = rankLanguages(languages);
  const doubtful = best !== undefined && best.probability < certainProbability;
  if (languageAlternatives < 1 || !doubtful || options.language !== undefined || first.kept.verdict === "silence") {
    return first;
  }
  const tried = [first];
  for (const { code } of others.slice(0, languageAlternatives)) {
    tried.push(await decodeWithFallback(model, tokenizer, audio, { ...options, language: code, languages }));
  }
  const chosen = tried.reduce((a, b) => (jointLogprob(b.kept) > jointLogprob(a.kept) ? b : a));
  return {
    ...chosen,
    attempts: tried.flatMap(({ attempts }) => attempts),
    languageProbability: posterior(
      chosen.kept,
      tried.map(({ kept }) => kept),
    ),
  };
}

/** Σ log p of a decoding, its language token included, over its length; text that repeats itself is last. */
function jointLogprob({ decoding, verdict }: Attempt): number {
  if (verdict === "repetitive") return -Infinity;
  const length = decoding.tokens.length + 1;
  return (decoding.avgLogprob * length + Math.log(heard(decoding))) / (length + 1);
}

/**
 * What the language's probability becomes by the text: the languages that were tried share what they had together as their hypotheses
 * are likely, as if all were of their mean length; those that were not tried keep theirs.
 */
function posterior(chosen: Attempt, tried: readonly Attempt[]): number {
  const best = jointLogprob(chosen);
  // All were repetitive: nothing was learned.
  if (!Number.isFinite(best)) return heard(chosen.decoding);
  const total = tried.reduce((sum, { decoding }) => sum + heard(decoding), 0);
  const length = tried.reduce((sum, { decoding }) => sum + decoding.tokens.length + 2, 0) / tried.length;
  const weights = tried.map((attempt) => Math.exp(length * (jointLogprob(attempt) - best)));
  return total / weights.reduce((sum, weight) => sum + weight, 0);
}

function heard({ language, languages }: Decoding): number {
  return language === undefined ? 0 : (languages[language] ?? 0);
}
