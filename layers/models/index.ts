export { type BuildOptions, type BuildStage, builderVersion, buildModel } from "./build.ts";
export { manifestFileName } from "./built-model.ts";
export { bestWeightBytes, type WeightBytes } from "./byte-products.ts";
export { demoVoiceDirectory, demoVoiceIdentity } from "./demo-voice.ts";
export { type FloatDtype, toFloat32 } from "./dtype.ts";
export { buildEmbeddingModel, embeddingBuilderVersion } from "./embedding-build.ts";
export { type EmbeddingManifest, embeddingManifestSchema, readEmbeddingManifest } from "./embedding-manifest.ts";
export {
  type DownloadProgress,
  defaultPatience,
  type HubPatience,
  type HubSettings,
  hubSettings,
} from "./hub/index.ts";
export { type ListedModel, listModels, type RemoveOptions, removeModel } from "./library.ts";
export { type LockedModel, lockFileName, readLock } from "./lock-file.ts";
export { type ModelManifest, modelManifestSchema, type Precision, readManifest } from "./manifest.ts";
export { type ModelName, parseModelName } from "./names.ts";
export { type ObtainOptions, obtainEmbeddingModel, obtainModel, obtainVoiceModel } from "./obtain.ts";
export { type PulledModel, type PullOptions, pullModel } from "./pull.ts";
export { demoModelId, fileUrl, type KnownFile, type KnownModel, knownModels } from "./registry.ts";
export {
  type ResolvedModel,
  type ResolveOptions,
  resolveEmbeddingModel,
  resolveModel,
  resolveVoiceModel,
} from "./resolve.ts";
export { dropDamagedBuilds, type Verification, type VerifyProblem, verifyModel } from "./verify.ts";
export { buildVoiceModel, type VoiceBuildOptions, voiceBuilderVersion } from "./voice-build.ts";
export {
  type AstManifest,
  readIntactVoiceManifest,
  readVoiceManifest,
  type VoiceManifest,
  voiceManifestSchema,
  type Wav2Vec2Manifest,
} from "./voice-manifest.ts";
