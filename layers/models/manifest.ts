import { join } from "node:path";
import { z } from "zod";
import { weightBytesSchema } from "./byte-products.ts";
import { isIntact, readModelFile } from "./model-file.ts";

const tokenId = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The ids of the tokens that steer decoding. All come from the checkpoint's own files. */
const specialTokens = z.object({
  startOfTranscript: tokenId,
  endOfText: tokenId,
  transcribe: tokenId,
  translate: tokenId,
  noSpeech: tokenId,
  noTimestamps: tokenId,
  startOfPrev: tokenId,
  startOfLm: tokenId.optional(),
  /** The token of 0.00 s; token `firstTimestamp + n` stands for `n * timestampStepMs`. */
  firstTimestamp: tokenId,
  timestampCount: z.int().positive(),
  timestampStepMs: z.number().positive(),
  /** Language code ("en") to token id; empty for checkpoints that know English only. */
  languages: z.record(z.string(), tokenId),
});

/**
 * `model.json`: what a built model is and what its files are. It is written last, so a folder that has one is complete.
 * Sizes are those of the checkpoint; nothing in halfgig assumes a particular Whisper.
 */
export const modelManifestSchema = z.object({
  format: z.literal(1),
  /** Version of the graph builder that wrote the folder. */
  builder: z.int().positive(),
  id: z.string().min(1),
  revision: z.string(),
  licence: z.string(),
  /** True for the small model shipped with halfgig: everything it produces must be labelled. */
  demo: z.boolean(),
  architecture: z.literal("whisper"),
  precision: z.enum(["fp32", "int8"]),
  /** How int8 weights are stored; absent for fp32. */
  weightBytes: weightBytesSchema.optional(),
  /** SHA-256 of the checkpoint's weights and configuration files. */
  checkpointSha256: sha256,
  files: z.record(z.string(), z.object({ sizeBytes: z.int().nonnegative(), sha256 })),
  sampleRateHz: z.int().positive(),
  /** The longest audio the encoder takes at once, e.g. 30,000. */
  windowMs: z.int().positive(),
  /** Time between two mel frames, e.g. 10. */
  hopMs: z.number().positive(),
  melBins: z.int().positive(),
  /** Mel frames in a full window, e.g. 3,000. The encoder halves them. */
  maxFrames: z.int().positive(),
  hiddenSize: z.int().positive(),
  encoderLayers: z.int().positive(),
  /** Decoder layers. */
  layers: z.int().positive(),
  /** Decoder attention heads. */
  heads: z.int().positive(),
  headDim: z.int().positive(),
  vocabSize: z.int().positive(),
  /** Most tokens the decoder can hold, prompt included, e.g. 448. */
  maxTargetPositions: z.int().positive(),
  /** Number format of the rows of `embeddings.bin`: the checkpoint's own. */
  embeddingsDtype: z.enum(["F32", "F16", "BF16"]),
  tokens: specialTokens,
  suppressTokens: z.array(tokenId),
  beginSuppressTokens: z.array(tokenId),
  /** Largest timestamp, in timestamp steps, that may open a window; absent where the checkpoint sets no limit. */
  maxInitialTimestampIndex: z.int().nonnegative().optional(),
  /** [layer, head] pairs whose cross-attention follows the audio; empty where the checkpoint names none. */
  alignmentHeads: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])),
  isMultilingual: z.boolean(),
});

export type ModelManifest = z.infer<typeof modelManifestSchema>;
export type Precision = ModelManifest["precision"];

/** Name of the manifest inside a built model's folder. */
export const manifestFileName = "model.json";

/**
 * Reads the manifest of a built model.
 * @throws MediaError `model.missing` when the folder has none, `model.invalid` when it is not a manifest of this version.
 */
export function readManifest(directory: string): Promise<ModelManifest> {
  const path = join(directory, manifestFileName);
  return readModelFile(path, modelManifestSchema, {
    missing: `There is no built model in ${directory}: ${manifestFileName} is not there.`,
    invalid: () =>
      `${path} is not a model manifest of this version of halfgig. Delete ${directory}; it is built again when needed.`,
  });
}

/** The manifest of a built model whose files are all there with the sizes that it names; undefined for anything less. */
export async function readIntactManifest(directory: string): Promise<ModelManifest | undefined> {
  const manifest = await readManifest(directory).catch(() => undefined);
  return manifest && (await isIntact(directory, manifest)) ? manifest : undefined;
}
