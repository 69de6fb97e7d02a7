import { existsSync } from "node:fs";
import { join } from "node:path";
import { MediaError } from "../core/index.ts";
import { type Architecture, type LayerFile, type PackageOptions, platformPackage } from "../packing/index.ts";

/**
 * The layer `ffmpeg`: the static binary of @ffmpeg-installer at /opt/bin/ffmpeg, and beside it what the package says of its
 * version and licence.
 * @throws MediaError `layer.source_missing`
 */
export async function mediaLayer(architecture: Architecture, options: PackageOptions): Promise<LayerFile[]> {
  const folder = await platformPackage(`@ffmpeg-installer/linux-${architecture}`, options);
  const source = join(folder, "ffmpeg");
  if (!existsSync(source)) {
    throw new MediaError("layer.source_missing", `${folder} has no ffmpeg in it. Run npm ci, and try again.`);
  }
  return [
    { path: "bin/ffmpeg", source, executable: true },
    { path: "share/ffmpeg/package.json", source: join(folder, "package.json") },
  ];
}
