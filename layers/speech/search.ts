import { MediaError } from "../core/index.ts";
import type { DecoderState, SpeechModel } from "../inference/index.ts";

/** One finished sequence of a search. */
export type Candidate = {
  /** Sampled tokens, timestamps included, end-of-text not. */
  tokens: number[];
  /** Σ log p of the tokens, and of end-of-text where it was reached. */
  sumLogprob: number;
  /** True when the token limit came before end-of-text. */
  truncated: boolean;
};

/** Where a search begins: the decoder after start-of-transcript, language and task. */
export type SearchStart = {
  model: SpeechModel;
  /** The caller's: it is advanced, and left to the caller to dispose. */
  state: DecoderState;
  /** After the last token that `state` took; not yet filtered. The search changes them. */
  logits: Float32Array;
  signal?: AbortSignal | undefined;
};

/** `sample_len`, and never past the decoder's last position. */
export function tokenLimit({ model, state }: Pick<SearchStart, "model" | "state">): number {
  const { maxTargetPositions } = model.manifest;
  return Math.min(Math.floor(maxTargetPositions / 2), maxTargetPositions - state.length + 1);
}

/**
 * `MaximumLikelihoodRanker`: the candidate with the largest sum of log-probabilities over its length, or over the penalty of
 * https://arxiv.org/abs/1609.08144 where α is given. The first of equals.
 */
export function likeliest(candidates: readonly Candidate[], lengthPenalty?: number | undefined): Candidate {
  const score = ({ sumLogprob, tokens: { length } }: Candidate) => {
    if (length === 0) return -Infinity;
    return sumLogprob / (lengthPenalty === undefined ? length : ((5 + length) / 6) ** lengthPenalty);
  };
  return candidates.reduce((best, candidate) => (score(candidate) > score(best) ? candidate : best));
}

export function noUsableNumbers(): MediaError {
  return new MediaError(
    "model.invalid",
    "The model gave no usable probabilities (NaN or infinity). Its files are damaged: fetch or build the model again.",
  );
}
