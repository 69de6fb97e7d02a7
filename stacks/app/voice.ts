import type { EnvironmentName, Settings } from "../../layers/core/index.ts";
import type { VoiceManifest } from "../../layers/models/index.ts";
import { keys } from "../../layers/storage/keys.ts";
import type { Grant } from "./function-spec.ts";

/** A built detector of synthetic voices, and the folder where the host has it. */
export type BuiltVoiceModel = { directory: string; manifest: VoiceManifest };

/** Detectors that are too large for a layer (250 MB with the function and onnxruntime): infer fetches them from the bucket to /tmp. */
export const voiceModelTravels = ({ VOICE_MODEL }: Pick<Settings, "VOICE_MODEL">): boolean => VOICE_MODEL === "xlsr";

/** Room for XLS-R in float32 beside what every function has. */
export const voiceTmpMB = (settings: Settings): number => (voiceModelTravels(settings) ? 2048 : 512);

/** What reading the travelling detector takes. */
export const voiceModelGrants = (settings: Settings): Grant[] =>
  voiceModelTravels(settings)
    ? [{ bucket: "results", prefix: keys.modelsPrefix, actions: ["s3:GetObject", "s3:ListBucket"] }]
    : [];

/** What bringing it there takes, of whoever starts or deploys the app. */
export const modelKeeperGrants: readonly Grant[] = [
  {
    bucket: "results",
    prefix: keys.modelsPrefix,
    actions: ["s3:PutObject", "s3:ListBucket", "s3:AbortMultipartUpload"],
  },
];

/** The prefix under which a travelling detector's files are; a build is never changed, so its name says which it is. */
export function voiceModelPrefix({ id, precision, weightBytes, builder, checkpointSha256 }: VoiceManifest): string {
  // As the folders of builds are named: what one kind of processor takes is not what another does.
  const stored = weightBytes === "signed" ? "int8s" : precision;
  return keys.modelFolder(`${id}-${stored}-b${builder}-${checkpointSha256.slice(0, 16)}`);
}

type VoiceVariables = Record<Extract<EnvironmentName, `VOICE_${string}`>, string>;

/**
 * What functions are told of the detector; every value is empty where there is none.
 * @param directory where functions find it in their layer
 */
export function voiceVariables(
  settings: Settings,
  manifest: VoiceManifest | undefined,
  directory: string | undefined,
): VoiceVariables {
  if (!manifest) return { VOICE_MODEL_DIR: "", VOICE_MODEL_KEY: "", VOICE_MODEL_ID: "", VOICE_MODEL_CARD: "null" };
  const { id, revision, checkpointSha256: sha256, precision } = manifest;
  const travels = voiceModelTravels(settings);
  return {
    VOICE_MODEL_DIR: travels ? "" : (directory ?? ""),
    VOICE_MODEL_KEY: travels ? voiceModelPrefix(manifest) : "",
    VOICE_MODEL_ID: `${id}@${sha256.slice(0, 12)}/${precision}`,
    VOICE_MODEL_CARD: JSON.stringify({ id, revision, sha256, precision }),
  };
}
