import { rm } from "node:fs/promises";
import { join } from "node:path";
import { bestWeightBytes, buildVoiceModel, type VoiceManifest } from "../../layers/models/index.ts";
import { writeSeededVoiceCheckpoint } from "../parity/voice-checkpoint.ts";

/** What detectors of these sizes are published as: they are judged by the card of that model. */
const publishedAs = { astBase: "ast-asvspoof5", xlsr300m: "xlsr-pellav2" } as const;

/** An int8 detector of a published one's true sizes with seeded weights: it needs as much memory and time; what it says is noise. */
export async function buildTrueSizeDetector(
  directory: string,
  size: keyof typeof publishedAs,
): Promise<{ directory: string; manifest: VoiceManifest }> {
  const checkpointDirectory = join(directory, `${size}-checkpoint`);
  await writeSeededVoiceCheckpoint(checkpointDirectory, size);
  const outputDirectory = join(directory, size);
  const manifest = await buildVoiceModel({
    checkpointDirectory,
    outputDirectory,
    precision: "int8",
    weightBytes: bestWeightBytes(),
    identity: { id: publishedAs[size], revision: "seeded", licence: "", demo: false },
  });
  await rm(checkpointDirectory, { recursive: true });
  return { directory: outputDirectory, manifest };
}
