import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { MediaError } from "../core/index.ts";

/**
 * The ffmpeg to run: `FFMPEG_PATH`, else the Lambda layer's in /opt (`HALFGIG_OPT`, where layers are unpacked elsewhere), else
 * @ffmpeg-installer's. The package is looked up at run time, so that a bundle neither contains its 68 MB nor fails where the layer
 * replaces it.
 *
 * @throws MediaError `config.invalid` when there is none.
 */
export function ffmpegPath(environment: Record<string, string | undefined> = process.env): string {
  const chosen = environment.FFMPEG_PATH;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new MediaError(
      "config.invalid",
      `FFMPEG_PATH is ${chosen}, and no file is there. Point it at an ffmpeg binary, or unset it to use the bundled one.`,
    );
  }
  const layerPath = join(environment.HALFGIG_OPT || "/opt", "bin", "ffmpeg");
  if (existsSync(layerPath)) return layerPath;
  try {
    const installer = createRequire(import.meta.url)("@ffmpeg-installer/ffmpeg") as { path: string };
    return installer.path;
  } catch (cause) {
    throw new MediaError(
      "config.invalid",
      "No ffmpeg was found. Run `npm ci` to install @ffmpeg-installer/ffmpeg, or set FFMPEG_PATH to an ffmpeg binary.",
      { cause },
    );
  }
}
