import { GetObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { environmentValue, MediaError, readSettings } from "../../layers/core/index.ts";
import { headObject, type JobRecord, keys, readJob, s3 } from "../../layers/storage/index.ts";
import { endpoint, json } from "./http.ts";
import { jobOf } from "./job-reply.ts";

/** What browsers call the containers that they play, by the names that probe gives them. https://www.iana.org/assignments/media-types */
const mediaTypes: Record<string, { audio: string; video?: string }> = {
  "MP4/QuickTime": { audio: "audio/mp4", video: "video/mp4" },
  "Matroska/WebM": { audio: "audio/webm", video: "video/webm" },
  Ogg: { audio: "audio/ogg", video: "video/ogg" },
  MP3: { audio: "audio/mpeg" },
  WAV: { audio: "audio/wav" },
  FLAC: { audio: "audio/flac" },
  "AAC (ADTS)": { audio: "audio/aac" },
};

/** `GET /v1/jobs/{jobId}/media`: an address from which the job's file can be played, by ranges and without a token, for a while. */
export const handler = endpoint(async (event) => {
  const job = await readJob(jobOf(event));
  const bucket = environmentValue("UPLOADS_BUCKET");
  const { key } = job.upload;
  // Where a transcript came alone, its text is what was uploaded.
  if (key === keys.givenTranscript(job) || !(await headObject(bucket, key))) {
    throw new MediaError(
      "media.not_kept",
      `The file of job ${job.jobId} is not here: files are kept for a week, and nothing is when only a transcript came.`,
    );
  }
  const { UPLOAD_URL_SECONDS: expiresIn } = readSettings(process.env);
  const contentType = mediaTypeOf(job);
  const url = await getSignedUrl(
    s3(),
    // Never a page of ours: what somebody uploaded must not run as one when its address is opened.
    new GetObjectCommand({ Bucket: bucket, Key: key, ResponseContentType: contentType }),
    { expiresIn },
  );
  const expiresAt = new Date(Date.now() + expiresIn * 1000).toISOString();
  return json(200, { url, contentType, hasVideo: Boolean(job.media?.video), expiresAt });
});

function mediaTypeOf({ media }: JobRecord): string {
  const known = mediaTypes[media?.container ?? ""];
  return (media?.video ? known?.video : undefined) ?? known?.audio ?? "application/octet-stream";
}
