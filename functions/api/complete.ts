import { z } from "zod";
import { environmentValue, MediaError } from "../../layers/core/index.ts";
import {
  headObject,
  type JobRecord,
  joinParts,
  mostParts,
  type PartsUpload,
  partCount,
  readJob,
  type StoredPart,
  storedParts,
} from "../../layers/storage/index.ts";
import { startJob } from "../../layers/workflow/index.ts";
import { endpoint, json, parseBody } from "./http.ts";
import { jobOf, partsOf } from "./job-reply.ts";

export const bodySchema = z.strictObject({
  /** Left out: every part that has arrived. */
  parts: z
    .array(z.strictObject({ partNumber: z.number().int().min(1).max(mostParts), etag: z.string().min(1).max(200) }))
    .max(mostParts)
    .optional(),
});

/**
 * `POST /v1/uploads/{jobId}/complete`: joins the parts of a multipart upload, checks what arrived, and starts the job.
 * After a single PUT or a form it may be called too: it starts the job even where S3's event was lost.
 */
export const handler = endpoint(async (event) => {
  const ref = jobOf(event);
  const { parts } = parseBody(event, bodySchema);
  const job = await readJob(ref);
  const bucket = environmentValue("UPLOADS_BUCKET");
  if (job.upload.multipartUploadId && !(await headObject(bucket, job.upload.key))) {
    const upload = partsOf(job, bucket);
    await joinParts(upload, await chosenParts(job, upload, parts));
  }
  return json(202, await startJob(ref));
});

/** What S3 has, which must be all of the file; a sender's own list must agree with it. */
async function chosenParts(
  { upload: { checksums } }: JobRecord,
  upload: PartsUpload,
  listed: readonly Pick<StoredPart, "partNumber" | "etag">[] | undefined,
): Promise<Pick<StoredPart, "partNumber" | "etag" | "sha256">[]> {
  const stored = await storedParts(upload);
  const there = new Set(stored.map(({ partNumber }) => partNumber));
  const missing = Array.from({ length: partCount(upload) }, (_, i) => i + 1).filter((number) => !there.has(number));
  if (missing.length > 0) {
    const some = missing.slice(0, 20).join(", ");
    const more = missing.length > 20 ? `, and ${missing.length - 20} more` : "";
    throw new MediaError("request.invalid", `Parts are missing: ${some}${more}. Send them, then complete the upload.`);
  }
  const plain = (etag: string) => etag.replaceAll('"', "");
  const other = listed?.find(({ partNumber, etag }) =>
    stored.every((part) => part.partNumber !== partNumber || plain(part.etag) !== plain(etag)),
  );
  if (other) {
    throw new MediaError("request.invalid", `Part ${other.partNumber} is not the one with that ETag. Send it again.`);
  }
  return checksums ? stored : stored.map(({ partNumber, etag }) => ({ partNumber, etag }));
}
