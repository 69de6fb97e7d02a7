export { type Load, requireFit, unzippedLimitBytes, uploadWay } from "./limits.ts";
export {
  type Packed,
  type PackedFunction,
  type PackedLayer,
  type PackedModels,
  type PackOptions,
  pack,
} from "./pack.ts";
export { unpackArtefacts } from "./unpack.ts";
