import { join } from "node:path";
import type { LayerFile } from "../packing/index.ts";

export const sileroFile = "silero_vad_16k_sequence.onnx";
/** Where the sources have it, from the project's folder. */
export const sileroSource = join("layers", "voice-activity", sileroFile);
/** Where functions find it below /opt. */
export const sileroLayerPath = `silero/${sileroFile}`;

/** The layer `silero`: Silero's graph with its licence. It is the same for every processor. */
export function voiceActivityLayer(projectRoot: string): LayerFile[] {
  const folder = join(projectRoot, "layers", "voice-activity");
  return [
    { path: sileroLayerPath, source: join(folder, sileroFile) },
    { path: "silero/LICENSE", source: join(folder, "LICENSE") },
  ];
}
