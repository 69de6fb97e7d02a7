export { cacheDirectory } from "./cache.ts";
export { findRecordings, type Recordings } from "./data.ts";
export { checkpointOf, findRealModels, howToGetRealModels, type RealModelName, type RealModels } from "./find.ts";
export { builtRealModel, modelsDirectoryOf } from "./workshop.ts";
