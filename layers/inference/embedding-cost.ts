import type { EmbeddingManifest } from "../models/index.ts";
import { type ModelCost, totalMiB } from "./model-cost.ts";

const bytesPerMiB = 2 ** 20;
/** The tokenizer's vocabulary as JavaScript objects, and the runtime's own. */
const fixedMiB = 64;

/**
 * What a built embedding model costs: its weights as packed, its tokenizer, and the activations of one batch of the longest texts at their
 * widest (the feed-forward's two wide values, the attention's parts beside them, every head's scores). On the safe side.
 */
export function embeddingModelCost(manifest: EmbeddingManifest, batchSize: number): ModelCost {
  const { hiddenSize, feedForwardSize, heads, maxTokens } = manifest;
  const perToken = 2 * feedForwardSize + 6 * hiddenSize + heads * maxTokens;
  return {
    residentMiB: fixedMiB + Math.ceil((manifest.files["embedding.data"]?.sizeBytes ?? 0) / bytesPerMiB),
    workingMiB: Math.ceil((4 * batchSize * maxTokens * perToken) / bytesPerMiB),
  };
}

export const embeddingModelCostMiB = (manifest: EmbeddingManifest, batchSize: number) =>
  totalMiB(embeddingModelCost(manifest, batchSize));
