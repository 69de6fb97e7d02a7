import { GetObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { environmentValue, MediaError, parseJobId } from "../../layers/core/index.ts";
import {
  headObject,
  isFinal,
  keys,
  openObject,
  readJob,
  s3,
  type TranscriptFormat,
  transcriptFormats,
} from "../../layers/storage/index.ts";
import { callerOf } from "./caller.ts";
import { endpoint, type HttpReply } from "./http.ts";
import { renderStored, type TextFormat, textQuery } from "./subtitles.ts";

const contentTypes: Record<TranscriptFormat, string> = {
  json: "application/json",
  srt: "application/x-subrip; charset=utf-8",
  vtt: "text/vtt; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  tsv: "text/tab-separated-values; charset=utf-8",
};

// A buffered Lambda reply holds 6 MB; larger files are fetched from S3 directly.
const largestInlineBytes = 4 * 1_048_576;

/** Whether the voices are human or synthetic. */
const voiceFile = "voice.json";
/** How loud the audio is, for drawing. */
const peaksFile = "peaks.json";

/**
 * `GET /v1/jobs/{jobId}/transcript.{json|srt|vtt|txt|tsv}`, and `voice.json` and `peaks.json` beside them. For srt and vtt the parameters `max_line_width`,
 * `max_line_count`, `max_words_per_line` and `highlight_words` lay the cues out anew, from the stored JSON; with `keep_doubtful=true` any text has
 * also the lines that are judged invented.
 */
export const handler = endpoint(async (event): Promise<HttpReply> => {
  const jobId = parseJobId(event.pathParameters?.jobId);
  const ref = { tenant: callerOf(event).tenant, jobId };
  const file = event.pathParameters?.file;
  const format = file === voiceFile || file === peaksFile ? "json" : formatOf(file);
  const options = textQuery(event.queryStringParameters, format);
  const job = await readJob(ref);
  if (job.status === "canceled")
    throw new MediaError("job.canceled", `Job ${jobId} was canceled. Retry it, or send the file again.`);
  if (job.status === "failed") {
    throw new MediaError("job.failed", `Job ${jobId} failed at ${job.error?.step}: ${job.error?.message}`);
  }
  const bucket = environmentValue("RESULTS_BUCKET");
  const key =
    file === voiceFile
      ? keys.voice(ref)
      : file === peaksFile
        ? keys.peaks(ref)
        : keys.transcript(ref, options ? "json" : format);
  const head = job.status === "done" || job.status === "partial" ? await headObject(bucket, key) : undefined;
  if (!head && file === voiceFile && isFinal(job)) {
    throw new MediaError(
      "voice.not_judged",
      `Nobody asked for the voices of job ${jobId} to be judged: send the file with the task voice.`,
    );
  }
  if (!head && file === peaksFile && isFinal(job)) {
    throw new MediaError("media.not_kept", `Nobody measured how loud the audio of job ${jobId} is.`);
  }
  if (!head) {
    throw new MediaError("job.not_ready", `Job ${jobId} is ${job.status}; its transcript is not there yet. Ask again.`);
  }
  const headers = { "content-type": contentTypes[format], "cache-control": "private, no-cache" };
  if (options) {
    const stored = await openObject(bucket, key, { etag: head.etag });
    const keepDoubtful = options.keepDoubtful ?? job.options.keepDoubtful;
    const asked = {
      format: format as TextFormat,
      options: { ...options, keepDoubtful },
      limitBytes: largestInlineBytes,
    };
    return { statusCode: 200, headers, body: await renderStored(stored, asked) };
  }
  if (head.sizeBytes > largestInlineBytes) {
    const url = await getSignedUrl(s3(), new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: 300 });
    return { statusCode: 307, headers: { location: url, "cache-control": "no-store" }, body: "" };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await openObject(bucket, key, { etag: head.etag })) chunks.push(chunk);
  return {
    statusCode: 200,
    headers: { ...headers, etag: head.etag },
    body: Buffer.concat(chunks).toString("utf8"),
  };
});

function formatOf(file: string | undefined): TranscriptFormat {
  const match = /^transcript\.([a-z]+)$/.exec(file ?? "");
  const format = transcriptFormats.find((known) => known === match?.[1]);
  if (format) return format;
  throw new MediaError(
    "request.invalid",
    `There is no result of that name. Ask for one of: ${transcriptFormats.map((known) => `transcript.${known}`).join(", ")}, ${voiceFile}.`,
  );
}
