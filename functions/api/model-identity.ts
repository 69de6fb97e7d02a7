import { environmentValue, MediaError, type Settings, voiceModelIds } from "../../layers/core/index.ts";
import { type JobOptions, wantsVoice } from "../../layers/storage/index.ts";

/**
 * Whose work a job's result is, as part of what identifies it: who recognises speech, and who judges voices where that is asked for.
 * @throws MediaError `request.invalid` where voices are to be judged and the detector is not the one of this host
 */
export function modelIdentity(options: JobOptions, { VOICE_MODEL }: Pick<Settings, "VOICE_MODEL">): string {
  const speech = environmentValue("MODEL_ID");
  if (!wantsVoice(options)) return speech;
  requireDetector(options.voiceModel, VOICE_MODEL);
  return `${speech} voice:${environmentValue("VOICE_MODEL_ID")}`;
}

/** @throws MediaError `request.invalid` */
export function requireDetector(asked: JobOptions["voiceModel"], here: Settings["VOICE_MODEL"]): void {
  if (here === undefined) {
    throw new MediaError(
      "request.invalid",
      `options.tasks: this host has no detector of synthetic voices. Its owner sets VOICE_MODEL (${Object.keys(voiceModelIds).join(", ")}).`,
    );
  }
  if (asked === undefined || asked === here) return;
  throw new MediaError(
    "request.invalid",
    `options.voiceModel: the detector of this host is ${here}, not ${asked}. Leave it out, or ask for ${here}.`,
  );
}
