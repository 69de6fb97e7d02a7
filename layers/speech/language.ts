import { MediaError } from "../core/index.ts";
import type { AudioContext, ModelManifest, SpeechModel } from "../inference/index.ts";

/** Probability of each language of the checkpoint, by code; they add up to 1. */
export type LanguageProbabilities = Record<string, number>;

/** What is known about the language of one window. */
export type WindowLanguage = {
  /** The answer: a code of the checkpoint, or `und` when the model is not sure enough. */
  code: string;
  /** How probable the model holds `code` (of the best candidate, where the answer is `und`). */
  probability: number;
  /** The language the window was decoded as; never `und`. */
  decodedAs: string;
  /** Heard by the model, given by the caller, or the only one the checkpoint knows. */
  source: "detected" | "given" | "model";
  /** The five most probable. */
  candidates: { code: string; probability: number }[];
  /** Every language of the checkpoint; absent where it knows one only. */
  all?: LanguageProbabilities;
};

/** The language of checkpoints that have no language tokens (`*.en`). */
const onlyLanguage = "en";
const candidateCount = 5;

/** Below this the answer is `und` (faster-whisper's `language_detection_threshold`). */
export const languageThreshold = 0.5;

/**
 * Softmax over the language tokens alone, from the logits at start-of-transcript (`detect_language` of
 * whisper/decoding.py). Empty for checkpoints without language tokens.
 */
export function languageProbabilities(logits: Float32Array, { tokens }: Pick<ModelManifest, "tokens">) {
  const entries = Object.entries(tokens.languages).map(([code, token]) => [code, logits[token] ?? -Infinity] as const);
  const maximum = entries.reduce((most, [, logit]) => Math.max(most, logit), -Infinity);
  const weights = entries.map(([code, logit]) => [code, Math.exp(logit - maximum)] as const);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return Object.fromEntries(weights.map(([code, weight]) => [code, weight / total])) satisfies LanguageProbabilities;
}

/** Listens for the language of an encoded window: one decoder step, with no prompt. */
export async function listen(model: SpeechModel, audio: AudioContext): Promise<LanguageProbabilities> {
  using state = model.start(audio);
  const logits = await model.step(state, [model.manifest.tokens.startOfTranscript]);
  return languageProbabilities(logits, model.manifest);
}

/** The most probable language; the first in the checkpoint's order where several are. */
export function bestLanguage(probabilities: LanguageProbabilities): string {
  return rankLanguages(probabilities)[0]?.code ?? onlyLanguage;
}

/** Turns probabilities, and what the caller asked for, into an answer. */
export function describeLanguage(
  probabilities: LanguageProbabilities,
  given: string | undefined,
  threshold: number = languageThreshold,
): WindowLanguage {
  const ranked = rankLanguages(probabilities);
  const best = ranked[0];
  if (!best) return { code: onlyLanguage, probability: 1, decodedAs: onlyLanguage, source: "model", candidates: [] };
  const evidence = { candidates: ranked.slice(0, candidateCount), all: probabilities };
  if (given !== undefined) {
    return { code: given, probability: probabilities[given] ?? 0, decodedAs: given, source: "given", ...evidence };
  }
  const code = best.probability >= threshold ? best.code : "und";
  return { code, probability: best.probability, decodedAs: best.code, source: "detected", ...evidence };
}

/**
 * The answer where the text had a say in it: the language that was decoded, with the probability it has by now.
 * @param heard what was heard before, and what is `und` below the threshold
 */
export function decidedByText(
  heard: WindowLanguage,
  decodedAs: string,
  probability: number,
  threshold: number = languageThreshold,
): WindowLanguage {
  return { ...heard, code: probability >= threshold ? decodedAs : "und", probability, decodedAs };
}

/**
 * Checks what the caller asked for against the checkpoint.
 * @returns the code, or undefined for "detect it"
 * @throws MediaError `request.invalid` for a language or a task the checkpoint does not have.
 */
export function requestedLanguage(
  manifest: Pick<ModelManifest, "id" | "isMultilingual" | "tokens">,
  { language, task }: { language?: string | undefined; task: "transcribe" | "translate" },
): string | undefined {
  const code = language?.toLowerCase();
  if (!manifest.isMultilingual) {
    if (task === "translate") {
      throw new MediaError(
        "request.invalid",
        `The model ${manifest.id} knows English only and cannot translate. Choose a multilingual model.`,
      );
    }
    if (code !== undefined && code !== onlyLanguage) {
      throw new MediaError(
        "request.invalid",
        `The model ${manifest.id} knows English only, not "${language}". Choose a multilingual model, or leave the language out.`,
      );
    }
    return code;
  }
  if (code !== undefined && !Object.hasOwn(manifest.tokens.languages, code)) {
    const known = Object.keys(manifest.tokens.languages).sort().join(", ");
    throw new MediaError(
      "request.invalid",
      `The model ${manifest.id} does not know the language "${language}". It knows ${known}; leave the language out to have it detected.`,
    );
  }
  return code;
}

/** Most probable first; equals in the checkpoint's order. */
export function rankLanguages(probabilities: LanguageProbabilities): { code: string; probability: number }[] {
  return Object.entries(probabilities)
    .map(([code, probability]) => ({ code, probability }))
    .sort((a, b) => b.probability - a.probability);
}
