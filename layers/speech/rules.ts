import type { ModelManifest } from "../inference/index.ts";
import { logSumExp, maximumOf } from "./logits.ts";

/**
 * Masks, in place, the logits of tokens that must not come next.
 * @param sampled what was chosen so far in this window, the prompt not included
 */
export type LogitFilter = (logits: Float32Array, sampled: readonly number[]) => void;

/** The part of a manifest that the rules need. */
export type RuleManifest = Pick<
  ModelManifest,
  "tokens" | "suppressTokens" | "beginSuppressTokens" | "maxInitialTimestampIndex"
>;

/** All filters of whisper/decoding.py in its order (`DecodingTask.__init__`). */
export function decodingRules(manifest: RuleManifest): LogitFilter {
  const filters = [suppressBlank(manifest), suppressTokens(manifest), timestampRules(manifest)];
  return (logits, sampled) => {
    for (const filter of filters) filter(logits, sampled);
  };
}

/** `SuppressBlank`: a window begins neither with a blank nor with the end. */
export function suppressBlank({ beginSuppressTokens, tokens }: RuleManifest): LogitFilter {
  const masked = [...new Set([...beginSuppressTokens, tokens.endOfText])];
  return (logits, sampled) => {
    if (sampled.length === 0) maskAll(logits, masked);
  };
}

/**
 * `SuppressTokens` with the list of `_get_suppress_tokens`: the non-speech set of the checkpoint ("♪♪", "[", …) and the
 * tokens that only ever belong to a prompt. The reference trusts training to keep language tokens out of the text; they
 * are masked here, because one after a closing timestamp would break the pairs.
 */
export function suppressTokens({ suppressTokens: nonSpeech, tokens }: RuleManifest): LogitFilter {
  const { startOfTranscript, startOfPrev, startOfLm, transcribe, translate, noSpeech, languages } = tokens;
  const ofPrompt = [startOfTranscript, startOfPrev, transcribe, translate, noSpeech, ...Object.values(languages)];
  const masked = [...new Set([...nonSpeech, ...ofPrompt])];
  if (startOfLm !== undefined) masked.push(startOfLm);
  return (logits) => maskAll(logits, masked);
}

/**
 * `ApplyTimestampRules`: timestamps come in pairs except before the end, never go back, never span nothing, the first is
 * early, and one is forced when all of them together are more probable than the best other token.
 */
export function timestampRules(manifest: RuleManifest): LogitFilter {
  const { noTimestamps, endOfText, firstTimestamp, timestampCount } = manifest.tokens;
  const lastInitial = firstTimestamp + maxInitialTimestampIndex(manifest);
  const isTimestamp = (token: number) => token >= firstTimestamp;

  return (logits, sampled) => {
    logits[noTimestamps] = -Infinity;

    const last = sampled.at(-1);
    const lastWasTimestamp = last !== undefined && isTimestamp(last);
    // The opening timestamp of a window counts as a complete pair: text must follow it.
    const penultimateWasTimestamp = sampled.length < 2 || isTimestamp(sampled.at(-2)!);
    if (lastWasTimestamp) {
      if (penultimateWasTimestamp) mask(logits, firstTimestamp, logits.length);
      else mask(logits, 0, endOfText);
    }

    const latest = sampled.findLast(isTimestamp);
    if (latest !== undefined) {
      // "timestamps shouldn't decrease; also force each segment to have a nonzero length": only the second of a pair,
      // which opens the next segment, may repeat the one before it.
      const mayRepeat = lastWasTimestamp && !penultimateWasTimestamp;
      mask(logits, firstTimestamp, mayRepeat ? latest : latest + 1);
    }

    if (sampled.length === 0) {
      mask(logits, 0, firstTimestamp);
      mask(logits, lastInitial + 1, logits.length);
    }

    // Ids beyond the last timestamp are padding of the vocabulary in some exports.
    mask(logits, firstTimestamp + timestampCount, logits.length);

    // The softmax's denominator is the same on both sides, so the logits can be compared as they are.
    if (logSumExp(logits, firstTimestamp) > maximumOf(logits, 0, firstTimestamp)) mask(logits, 0, firstTimestamp);
  };
}

/** `max_initial_timestamp` of whisper/transcribe.py. */
const maxInitialTimestampMs = 1_000;

/**
 * The latest timestamp that may open a window, in timestamp steps: the reference's 1.0 s. A checkpoint that was trained to
 * place the first one later says so and is believed; one that says less is an early export of the hub, whose value
 * of 1 (0.02 s) would push every late start to the window's edge.
 */
export function maxInitialTimestampIndex({ tokens, maxInitialTimestampIndex: own }: RuleManifest): number {
  const reference = Math.round(maxInitialTimestampMs / tokens.timestampStepMs);
  return Math.min(Math.max(reference, own ?? 0), tokens.timestampCount - 1);
}

function mask(logits: Float32Array, from: number, to: number): void {
  if (from < to) logits.fill(-Infinity, from, to);
}

function maskAll(logits: Float32Array, tokens: readonly number[]): void {
  for (const token of tokens) logits[token] = -Infinity;
}
