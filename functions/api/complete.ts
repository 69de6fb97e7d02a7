import { CompleteMultipartUploadCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { environmentValue, MediaError, parseJobId } from "../../layers/core/index.ts";
import { headObject, keys, readJob, s3 } from "../../layers/storage/index.ts";
import { startJob } from "../../layers/workflow/index.ts";
import { endpoint, json, parseBody } from "./http.ts";

const bodySchema = z.strictObject({
  parts: z
    .array(z.strictObject({ partNumber: z.number().int().min(1).max(10_000), etag: z.string().min(1).max(200) }))
    .max(10_000)
    .optional(),
});

/**
 * `POST /v1/uploads/{jobId}/complete`: joins the parts of a multipart upload, checks what arrived, and starts the job.
 * After a single PUT it may be called too: it starts the job even where S3's event was lost.
 */
export const handler = endpoint(async (event) => {
  const jobId = parseJobId(event.pathParameters?.jobId);
  const { parts } = parseBody(event, bodySchema);
  const job = await readJob(jobId);
  const uploadId = job.upload.multipartUploadId;
  const bucket = environmentValue("UPLOADS_BUCKET");
  if (uploadId && !(await headObject(bucket, keys.upload(jobId)))) {
    if (!parts?.length) {
      throw new MediaError(
        "request.invalid",
        "This upload is in parts: send `parts` with each part's number and ETag.",
      );
    }
    await joinParts(bucket, keys.upload(jobId), uploadId, parts);
  }
  return json(202, await startJob(jobId));
});

async function joinParts(
  bucket: string,
  key: string,
  uploadId: string,
  parts: readonly { partNumber: number; etag: string }[],
): Promise<void> {
  const Parts = [...parts]
    .sort((a, b) => a.partNumber - b.partNumber)
    .map((part) => ({ PartNumber: part.partNumber, ETag: part.etag }));
  try {
    await s3().send(
      new CompleteMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId, MultipartUpload: { Parts } }),
    );
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : "";
    if (["InvalidPart", "InvalidPartOrder", "EntityTooSmall", "NoSuchUpload"].includes(name)) {
      throw new MediaError(
        "request.invalid",
        `The parts do not make a whole (${name}). Send the missing parts again.`,
        {
          cause,
        },
      );
    }
    throw cause;
  }
}
