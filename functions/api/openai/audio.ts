import { MediaError, readSettings } from "../../../layers/core/index.ts";
import { refuseWhatTheProviderLacks } from "../provider-options.ts";
import { eventStream } from "../stream/index.ts";
import { startAsJob, transcriptOfJob } from "./as-job.ts";
import { openClip, transcriptOfClip } from "./direct.ts";
import { streamingOpenAiEndpoint } from "./errors.ts";
import { replyWith } from "./reply.ts";
import { readAudioRequest } from "./request.ts";
import { clipText, jobText, transcriptEvents } from "./stream.ts";

/** What API Gateway's 30 s leave to a reply in one piece. */
const wholeReplyMs = 26_000;
/** Kept of the function's time for the last event of a stream. */
const reserveMs = 3_000;

/**
 * `POST /v1/audio/transcriptions` and `/v1/audio/translations`, as OpenAI's clients speak them. A short clip is recognised at once; a longer
 * file becomes an ordinary job, and is waited for. With `stream=true` the text leaves as it is recognised.
 */
export const handler = streamingOpenAiEndpoint(async (event, { tenant, keyId }, context) => {
  const endsMs = Date.now() + wholeReplyMs;
  const task = event.requestContext.http.path.endsWith("/translations") ? "translate" : "transcribe";
  const settings = readSettings(process.env);
  const { audio, fileName, options, stream, ...asked } = await readAudioRequest(event, task);
  refuseWhatTheProviderLacks(options, settings);
  // What is wrong with the file shows here, before there is a head.
  const clip = await openClip(audio, options, settings);
  const job = clip ? undefined : await startAsJob({ tenant, keyId, audio, fileName, options }, settings);
  if (stream) {
    const body = eventStream((gone) => {
      const signal = AbortSignal.any([gone, tooLate(context.getRemainingTimeInMillis() - reserveMs)]);
      return transcriptEvents(clip ? clipText(clip, signal) : jobText(job!, signal), gone);
    });
    return { statusCode: 200, headers: { "content-type": "text/event-stream" }, body };
  }
  const signal = tooLate(endsMs - Date.now());
  const transcript = clip ? await transcriptOfClip(clip, signal) : await transcriptOfJob(job!, signal);
  return replyWith(transcript, { ...asked, task });
});

/** Aborts with what to do instead. */
function tooLate(afterMs: number): AbortSignal {
  const limit = new AbortController();
  const instead = "Send it to POST /v1/media or POST /v1/uploads, and ask GET /v1/jobs/{jobId} for it.";
  const reason = new MediaError("request.timeout", `The audio takes longer than one request may. ${instead}`);
  setTimeout(() => limit.abort(reason), Math.max(0, afterMs)).unref();
  return limit.signal;
}
