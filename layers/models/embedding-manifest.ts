import { join } from "node:path";
import { z } from "zod";
import { weightBytesSchema } from "./byte-products.ts";
import { manifestFileName } from "./manifest.ts";
import { isIntact, readModelFile } from "./model-file.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().positive();

/** `model.json` of a built embedding model: what it is and what its files are. It is written last. */
export const embeddingManifestSchema = z.object({
  format: z.literal(1),
  /** Version of the graph builder that wrote the folder. */
  builder: size,
  id: z.string().min(1),
  revision: z.string(),
  licence: z.string(),
  demo: z.boolean(),
  precision: z.enum(["fp32", "int8"]),
  /** How int8 weights are stored; absent for fp32. */
  weightBytes: weightBytesSchema.optional(),
  /** SHA-256 of the checkpoint's weights. */
  checkpointSha256: sha256,
  files: z.record(z.string(), z.object({ sizeBytes: z.int().nonnegative(), sha256 })),
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

/**
 * Reads the manifest of a built embedding model.
 * @throws MediaError `model.missing` when the folder has none, `model.invalid` when it is another kind of manifest.
 */
export function readEmbeddingManifest(directory: string): Promise<EmbeddingManifest> {
  const path = join(directory, manifestFileName);
  return readModelFile(path, embeddingManifestSchema, {
    missing: `There is no built embedding model in ${directory}: ${manifestFileName} is not there.`,
    invalid: () =>
      `${path} is not the manifest of an embedding model of this version of halfgig. Delete ${directory} and build it again.`,
  });
}

/** The manifest of a built embedding model whose files are all there with the sizes that it names; undefined otherwise. */
export async function readIntactEmbeddingManifest(directory: string): Promise<EmbeddingManifest | undefined> {
  const manifest = await readEmbeddingManifest(directory).catch(() => undefined);
  return manifest && (await isIntact(directory, manifest)) ? manifest : undefined;
}
