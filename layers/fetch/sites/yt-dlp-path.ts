import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { MediaError } from "../../core/index.ts";

/** Where a Lambda layer puts the binary. */
const layerPath = "/opt/bin/yt-dlp";

/**
 * The yt-dlp to run: `YT_DLP_PATH`, else the Lambda layer's, else the one in PATH; undefined when there is none.
 * @throws MediaError `config.invalid` when YT_DLP_PATH names no file
 */
export function ytDlpPath(environment: Record<string, string | undefined> = process.env): string | undefined {
  const chosen = environment.YT_DLP_PATH;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new MediaError(
      "config.invalid",
      `YT_DLP_PATH is ${chosen}, and no file is there. Point it at the yt-dlp program, or unset it.`,
    );
  }
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder.startsWith("/"));
  return [layerPath, ...folders.map((folder) => join(folder, "yt-dlp"))].find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
