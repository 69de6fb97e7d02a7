import { bertConfigFileNames } from "./bert/index.ts";
import { type BuildOptions, builderVersion, buildModel } from "./build.ts";
import { findWeightPaths } from "./checkpoint.ts";
import { buildEmbeddingModel, embeddingBuilderVersion } from "./embedding-build.ts";
import { type EmbeddingManifest, readEmbeddingManifest, readIntactEmbeddingManifest } from "./embedding-manifest.ts";
import { type ModelManifest, readIntactManifest, readManifest } from "./manifest.ts";
import type { KnownModel } from "./registry.ts";
import { buildVoiceModel, findVoiceWeightPaths, voiceBuilderVersion, voiceConfigFileNames } from "./voice-build.ts";
import { readIntactVoiceManifest, readVoiceManifest, type VoiceManifest } from "./voice-manifest.ts";
import { configFileNames } from "./whisper/index.ts";

/** What differs between the kinds of models while they are found, built and checked. */
export type ModelKind<Manifest> = {
  readonly builderVersion: number;
  /** `model_type` of config.json, one of these. */
  readonly modelTypes: readonly string[];
  /** Configuration that the graphs depend on. */
  readonly configFileNames: readonly string[];
  findWeightPaths(checkpointDirectory: string): Promise<string[]>;
  readManifest(directory: string): Promise<Manifest>;
  readIntactManifest(directory: string): Promise<Manifest | undefined>;
  build(options: BuildOptions): Promise<Manifest>;
};

export const speechKind: ModelKind<ModelManifest> = {
  builderVersion,
  modelTypes: ["whisper"],
  configFileNames,
  findWeightPaths,
  readManifest,
  readIntactManifest,
  build: buildModel,
};

export const voiceKind: ModelKind<VoiceManifest> = {
  builderVersion: voiceBuilderVersion,
  modelTypes: ["audio-spectrogram-transformer", "wav2vec2"],
  configFileNames: voiceConfigFileNames,
  findWeightPaths: findVoiceWeightPaths,
  readManifest: readVoiceManifest,
  readIntactManifest: readIntactVoiceManifest,
  build: ({ onProgress, ...options }) => {
    onProgress?.("detector");
    return buildVoiceModel(options);
  },
};

export const embeddingKind: ModelKind<EmbeddingManifest> = {
  builderVersion: embeddingBuilderVersion,
  modelTypes: ["bert"],
  configFileNames: bertConfigFileNames,
  findWeightPaths,
  readManifest: readEmbeddingManifest,
  readIntactManifest: readIntactEmbeddingManifest,
  build: ({ onProgress, ...options }) => {
    onProgress?.("embeddings");
    return buildEmbeddingModel(options);
  },
};

/** A model of one's own, or of somebody on the hub whom halfgig does not know, is a speech model. */
export function kindOf(
  known: KnownModel | undefined,
): ModelKind<ModelManifest> | ModelKind<VoiceManifest> | ModelKind<EmbeddingManifest> {
  if (known?.kind === "embedding") return embeddingKind;
  return known?.kind === "voice" ? voiceKind : speechKind;
}
