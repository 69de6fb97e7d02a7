import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pcmFromBytes } from "../audio/index.ts";
import { ffmpegPath } from "../media/ffmpeg-path.ts";

const projectRoot = fileURLToPath(new URL("../../", import.meta.url));

/** A recording of the project as 16 kHz mono s16le. */
export async function decoded(sample: string): Promise<Buffer> {
  const output = ["-ac", "1", "-ar", "16000", "-f", "s16le", "-"];
  const args = ["-v", "error", "-nostdin", "-i", join(projectRoot, sample), ...output];
  const { stdout } = await promisify(execFile)(ffmpegPath(), args, { encoding: "buffer", maxBuffer: 1 << 26 });
  return stdout;
}

export const englishDigits = async () => pcmFromBytes(await decoded("samples/digits.mp4"));
