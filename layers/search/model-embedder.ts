import { MediaError } from "../core/index.ts";
import { loadEmbeddingModel, processBudget } from "../inference/index.ts";
import { type EmbeddingManifest, readEmbeddingManifest } from "../models/index.ts";
import { type Embedder, embeddingSize } from "./embedder.ts";

/**
 * Embeds with a model of this machine, in the process' memory budget; it is loaded when it is first needed.
 * @throws MediaError `model.missing`, `model.invalid`
 */
export async function modelEmbedder(directory: string, batchSize: number): Promise<Embedder> {
  const manifest = await readEmbeddingManifest(directory);
  if (manifest.hiddenSize !== embeddingSize) {
    throw new MediaError(
      "model.invalid",
      `${manifest.id} makes vectors of ${manifest.hiddenSize} numbers; the search index takes ${embeddingSize}. Set EMBEDDING_MODEL to another.`,
    );
  }
  return {
    embedding: { id: embeddingIdOf(manifest), lexical: false },
    async embed(texts) {
      const vectors: Float32Array[] = [];
      await using model = await loadEmbeddingModel({ directory, batchSize, budget: processBudget() });
      for (let n = 0; n < texts.length; n += batchSize)
        vectors.push(...(await model.embed(texts.slice(n, n + batchSize))));
      return vectors;
    },
  };
}

/** Model, weights and precision: vectors of another precision are near, but not the same. */
export const embeddingIdOf = ({ id, checkpointSha256, precision }: EmbeddingManifest) =>
  `${id}@${checkpointSha256.slice(0, 12)}/${precision}`;
