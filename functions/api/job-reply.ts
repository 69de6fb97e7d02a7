import { MediaError, parseJobId } from "../../layers/core/index.ts";
import type { JobRecord } from "../../layers/storage/index.ts";
import { callerOf } from "./caller.ts";
import type { HttpEvent } from "./http.ts";

/** The job that the address names, of the one who asks. @throws MediaError `job.not_found`, `request.unauthorized` */
export function jobOf(event: HttpEvent) {
  return { tenant: callerOf(event).tenant, jobId: parseJobId(event.pathParameters?.jobId) };
}

/** The upload in parts of a job. @throws MediaError `request.invalid` where it is not in parts */
export function partsOf({ jobId, upload }: JobRecord, bucket: string) {
  const { key, multipartUploadId: uploadId, partSizeBytes, sizeBytes } = upload;
  if (uploadId !== undefined && partSizeBytes !== undefined) return { bucket, key, uploadId, partSizeBytes, sizeBytes };
  throw new MediaError("request.invalid", `The upload of job ${jobId} is not in parts: send the file to its address.`);
}
