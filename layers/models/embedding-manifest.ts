import { z } from "zod";
import { builtFields, manifestReader } from "./built-model.ts";

const size = z.int().positive();

/** `model.json` of a built embedding model: what it is and what its files are. */
export const embeddingManifestSchema = z.object({
  ...builtFields,
  architecture: z.literal("bert"),
  hiddenSize: size,
  layers: size,
  heads: size,
  feedForwardSize: size,
  vocabSize: size,
  /** What the model reads of a text; it was not trained on more. */
  maxTokens: size,
});

export type EmbeddingManifest = z.infer<typeof embeddingManifestSchema>;

export const { read: readEmbeddingManifest, readIntact: readIntactEmbeddingManifest } = manifestReader(
  embeddingManifestSchema,
  "an embedding model",
);
