import { z } from "zod";
import { releaseJob } from "../../layers/access/index.ts";
import { environmentValue, MediaError, readSettings } from "../../layers/core/index.ts";
import {
  abandonParts,
  deleteJobRecord,
  deleteObject,
  type JobRecord,
  keys,
  type PartsUpload,
  partCount,
  readJob,
  signPart,
  signPartsCall,
  storedParts,
} from "../../layers/storage/index.ts";
import { endpoint, type HttpEvent, json, parseQuery } from "./http.ts";
import { jobOf, partsOf } from "./job-reply.ts";

export const querySchema = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "a SHA-256 in hexadecimal")
    .optional(),
});

/**
 * An upload in parts that goes on, for as long as its file is not whole:
 * `GET /v1/uploads/{jobId}/parts` what has arrived; `GET /v1/uploads/{jobId}/parts/{partNumber}` a fresh address for one part;
 * `GET /v1/uploads/{jobId}/signed/{call}` an address of S3's own `list` or `complete`, for clients that speak its protocol;
 * `DELETE /v1/uploads/{jobId}` gives it up, and nothing is left of it.
 */
export const handler = endpoint(async (event) => {
  const job = await readJob(jobOf(event));
  const upload = partsOf(job, environmentValue("UPLOADS_BUCKET"));
  if (job.status !== "awaiting_upload") {
    throw new MediaError("job.ended", `The file of job ${job.jobId} has arrived: the job is ${job.status}.`);
  }
  if (event.requestContext.http.method === "DELETE") {
    await abandonParts(upload);
    if (job.options.transcript) await deleteObject(upload.bucket, keys.givenTranscript(job));
    if (job.webhook) await deleteObject(environmentValue("RESULTS_BUCKET"), keys.webhook(job));
    await deleteJobRecord(job);
    await releaseJob(job, { mostJobs: readSettings(process.env).TENANT_MAX_JOBS });
    return { statusCode: 204, body: "" };
  }
  if (event.pathParameters?.call !== undefined) return json(200, await signedCall(event, upload));
  if (event.pathParameters?.partNumber !== undefined) return json(200, await address(event, job, upload));
  const { uploadId, partSizeBytes } = upload;
  const parts = await storedParts(upload);
  return json(200, { uploadId, partSizeBytes, partCount: partCount(upload), parts });
});

async function signedCall(event: HttpEvent, upload: PartsUpload) {
  const call = event.pathParameters?.call;
  if (call === "list" || call === "complete") {
    return signPartsCall(upload, { call, expiresSeconds: expirySeconds() });
  }
  throw new MediaError("request.invalid", "The calls that are signed are list and complete.");
}

const expirySeconds = () => readSettings(process.env).UPLOAD_URL_SECONDS;

async function address(event: HttpEvent, { upload: { checksums } }: JobRecord, upload: PartsUpload) {
  const { sha256 } = parseQuery(event, querySchema);
  if (checksums && sha256 === undefined) {
    throw new MediaError(
      "request.invalid",
      "This upload has checksums: add ?sha256= with the hash of the part's bytes.",
    );
  }
  if (!checksums && sha256 !== undefined) {
    throw new MediaError("request.invalid", 'sha256: this upload was begun without "checksums": true.');
  }
  const partNumber = Number(event.pathParameters?.partNumber);
  return signPart(upload, { partNumber, sha256, expiresSeconds: expirySeconds() });
}
