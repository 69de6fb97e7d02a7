export { type BuildOptions, type BuildStage, builderVersion, buildModel } from "./build.ts";
export { type FloatDtype, toFloat32 } from "./dtype.ts";
export { type ModelManifest, manifestFileName, modelManifestSchema, type Precision, readManifest } from "./manifest.ts";
export { demoModelId, fileUrl, type KnownFile, type KnownModel, knownModels } from "./registry.ts";
export { type ResolvedModel, type ResolveOptions, resolveModel } from "./resolve.ts";
