import { environmentValue, MediaError, readSettings } from "../../layers/core/index.ts";
import { buildVoiceReport, voiceCard, voiceIdentitySchema } from "../../layers/voice/index.ts";
import { clipOutputSchema } from "../../layers/workflow/index.ts";
import { callerOf } from "./caller.ts";
import { readClip } from "./clip.ts";
import { decodeClip } from "./decode-clip.ts";
import { endpoint, json } from "./http.ts";
import { invokeInfer } from "./invoke-infer.ts";
import { requireDetector } from "./model-identity.ts";

/** What one request can wait for, at the slowest detector and the smallest allocation. */
const longestClipMs = 30_000;

/**
 * `POST /v1/voice`: whether the voices of a short clip are human or synthetic, in one request. Answers with the report that
 * `voice.json` is for whole files, and the clip's duration.
 */
export const handler = endpoint(async (event) => {
  callerOf(event);
  const settings = readSettings(process.env);
  const { audio, choices } = await readClip(event);
  requireDetector(choices.voiceModel, settings.VOICE_MODEL);
  if (settings.SKIP_AI_MODELS) {
    throw new MediaError("model.missing", "Models are switched off on this host (SKIP_AI_MODELS): no voice is judged.");
  }
  const { pcm, durationMs } = await decodeClip(audio, { longestMs: longestClipMs });
  const clip = { pcm: pcm.toString("base64"), voiceHop: choices.voiceHop };
  const { activity, scores } = await invokeInfer({ clip }, clipOutputSchema);
  const { id, ...model } = voiceIdentitySchema.parse(JSON.parse(environmentValue("VOICE_MODEL_CARD")));
  const report = buildVoiceReport({
    ...{ card: voiceCard(id), model, activity, scores },
    ...(choices.operatingPoint && { operatingPoint: choices.operatingPoint }),
  });
  return json(200, { durationMs, ...report });
});
