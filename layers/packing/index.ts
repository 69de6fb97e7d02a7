export { type Architecture, architectures, filesBelow, type LayerFile } from "./layer-file.ts";
export { type PackageOptions, platformPackage, requireIntegrity } from "./platform-package.ts";
