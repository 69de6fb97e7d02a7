import { MediaError, readSettings } from "../../../layers/core/index.ts";
import { refuseWhatTheProviderLacks } from "../provider-options.ts";
import { transcribeAsJob } from "./as-job.ts";
import { transcribeClip } from "./direct.ts";
import { openAiEndpoint } from "./errors.ts";
import { replyWith } from "./reply.ts";
import { readAudioRequest } from "./request.ts";

/** Kept of the function's time, for reading and sending what there is at the end. */
const reserveMs = 3_000;

/**
 * `POST /v1/audio/transcriptions` and `/v1/audio/translations`, as OpenAI's clients speak them. A short clip is recognised at once; a longer
 * file becomes an ordinary job, and is waited for.
 */
export const handler = openAiEndpoint(async (event, { tenant, keyId }, context) => {
  const task = event.requestContext.http.path.endsWith("/translations") ? "translate" : "transcribe";
  const settings = readSettings(process.env);
  const { audio, fileName, options, ...asked } = await readAudioRequest(event, task);
  refuseWhatTheProviderLacks(options, settings);
  const limit = new AbortController();
  const late = () => {
    const instead = "Send it to POST /v1/media or POST /v1/uploads, and ask GET /v1/jobs/{jobId} for it.";
    limit.abort(new MediaError("request.timeout", `The audio takes longer than one request may. ${instead}`));
  };
  const timer = setTimeout(late, Math.max(0, context.getRemainingTimeInMillis() - reserveMs));
  try {
    const waiting = { settings, signal: limit.signal };
    const transcript =
      (await transcribeClip(audio, options, waiting)) ??
      (await transcribeAsJob({ tenant, keyId, audio, fileName, options }, waiting));
    return replyWith(transcript, { ...asked, task });
  } finally {
    clearTimeout(timer);
  }
});
