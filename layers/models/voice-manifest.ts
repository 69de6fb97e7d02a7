import { join } from "node:path";
import { z } from "zod";
import { weightBytesSchema } from "./byte-products.ts";
import { manifestFileName } from "./manifest.ts";
import { isIntact, readModelFile } from "./model-file.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().positive();

const common = {
  format: z.literal(1),
  /** Version of the graph builder that wrote the folder. */
  builder: size,
  id: z.string().min(1),
  revision: z.string(),
  licence: z.string(),
  /** True for the small model shipped with halfgig: everything it says must be labelled. */
  demo: z.boolean(),
  precision: z.enum(["fp32", "int8"]),
  /** How int8 weights are stored; absent for fp32. */
  weightBytes: weightBytesSchema.optional(),
  /** SHA-256 of the checkpoint's weights. */
  checkpointSha256: sha256,
  files: z.record(z.string(), z.object({ sizeBytes: z.int().nonnegative(), sha256 })),
  sampleRateHz: size,
  /** The audio that one score is about, e.g. 10,240. */
  windowMs: size,
  hiddenSize: size,
  layers: size,
  heads: size,
  feedForwardSize: size,
  /** What each logit stands for, in order. One label alone is the spoof logit of a sigmoid. */
  labels: z.array(z.string()).min(1),
  /** Indices of the labels that mean a synthetic or manipulated voice. */
  spoofLabels: z.array(z.int().nonnegative()).min(1),
};

/** An Audio Spectrogram Transformer: takes Kaldi filter banks. */
const astManifestSchema = z.object({
  ...common,
  architecture: z.literal("ast"),
  melBins: size,
  /** `max_length`: mel frames of a window, e.g. 1,024. */
  maxFrames: size,
  /** Patches that the frames and bins are cut into; two more tokens stand before them. */
  patches: size,
  featureMean: z.number(),
  featureStd: z.number().positive(),
  normalizeFeatures: z.boolean(),
});

/** A wav2vec 2.0 encoder under a detector's head: takes the waveform. */
const wav2Vec2ManifestSchema = z.object({
  ...common,
  architecture: z.literal("wav2vec2"),
  /** `do_normalize`: the window is brought to zero mean and unit variance first. */
  normalizeWaveform: z.boolean(),
  /** Fewest samples that give one position. */
  minSamples: size,
  /** Channels of the convolutional front end. */
  convSize: size,
});

/** `model.json` of a built voice detector: what it is and what its files are. It is written last. */
export const voiceManifestSchema = z.discriminatedUnion("architecture", [astManifestSchema, wav2Vec2ManifestSchema]);

export type VoiceManifest = z.infer<typeof voiceManifestSchema>;
export type AstManifest = z.infer<typeof astManifestSchema>;
export type Wav2Vec2Manifest = z.infer<typeof wav2Vec2ManifestSchema>;

/**
 * Reads the manifest of a built voice detector.
 * @throws MediaError `model.missing` when the folder has none, `model.invalid` when it is another kind of manifest.
 */
export function readVoiceManifest(directory: string): Promise<VoiceManifest> {
  const path = join(directory, manifestFileName);
  return readModelFile(path, voiceManifestSchema, {
    missing: `There is no built voice model in ${directory}: ${manifestFileName} is not there.`,
    invalid: () =>
      `${path} is not the manifest of a voice model of this version of halfgig. Delete ${directory} and build it again.`,
  });
}

/** The manifest of a built voice detector whose files are all there with the sizes that it names; undefined otherwise. */
export async function readIntactVoiceManifest(directory: string): Promise<VoiceManifest | undefined> {
  const manifest = await readVoiceManifest(directory).catch(() => undefined);
  return manifest && (await isIntact(directory, manifest)) ? manifest : undefined;
}
