import { join } from "node:path";
import type { Settings } from "../layers/core/index.ts";

/** Where models live, for every command. */
export function modelsDirectory(settings: Pick<Settings, "WHISPER_MODEL_PATH">, dataDirectory: string): string {
  return settings.WHISPER_MODEL_PATH ?? join(dataDirectory, "models");
}
