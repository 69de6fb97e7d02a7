import { z } from "zod";
import { builtFields, manifestReader } from "./built-model.ts";

const size = z.int().positive();

const common = {
  ...builtFields,
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

/** `model.json` of a built voice detector: what it is and what its files are. */
export const voiceManifestSchema = z.discriminatedUnion("architecture", [astManifestSchema, wav2Vec2ManifestSchema]);

export type VoiceManifest = z.infer<typeof voiceManifestSchema>;
export type AstManifest = z.infer<typeof astManifestSchema>;
export type Wav2Vec2Manifest = z.infer<typeof wav2Vec2ManifestSchema>;

export const { read: readVoiceManifest, readIntact: readIntactVoiceManifest } = manifestReader(
  voiceManifestSchema,
  "a voice model",
);
