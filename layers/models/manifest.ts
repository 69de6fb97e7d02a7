import { z } from "zod";
import { builtFields, manifestReader } from "./built-model.ts";

const tokenId = z.int().nonnegative();

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
 * `model.json`: what a built speech model is and what its files are. Sizes are those of the checkpoint; nothing in halfgig assumes a
 * particular Whisper.
 */
export const modelManifestSchema = z.object({
  ...builtFields,
  architecture: z.literal("whisper"),
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

export const { read: readManifest, readIntact: readIntactManifest } = manifestReader(
  modelManifestSchema,
  "a speech model",
);
