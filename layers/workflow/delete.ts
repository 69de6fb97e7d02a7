import { environmentValue, type JobRef } from "../core/index.ts";
import {
  abandonParts,
  deleteJobRecord,
  deleteObject,
  deletePrefix,
  headObject,
  isFinal,
  type JobRecord,
  keys,
  updateJob,
} from "../storage/index.ts";
import { stopExecution } from "./stop.ts";

/** What else knows of a job and has to forget it: a search index. */
export type Forget = (ref: JobRef) => Promise<void>;

/**
 * Deletes everything of a job: what it was sent, what came of it, what is half done; its record last, so that a deletion that breaks off
 * can be asked for again. A step that is still at work finds no record to write to and removes what it wrote.
 */
export async function deleteJob(job: JobRecord, forget: Forget = async () => undefined): Promise<void> {
  const uploads = environmentValue("UPLOADS_BUCKET");
  const results = environmentValue("RESULTS_BUCKET");
  // As it is now: an execution may have begun since the record was read.
  const ended = await updateJob(job, (record) => ({
    ...(isFinal(record) ? {} : { status: "canceled" }),
    // Who deletes a job does not want anything more to be said of it, its end included.
    webhook: undefined,
  }));
  await stopExecution(ended);
  await forget(job);
  const { key, multipartUploadId: uploadId } = job.upload;
  if (uploadId) await abandonParts({ bucket: uploads, key, uploadId });
  // Where people put files themselves newer bytes may lie by now, which have a job of their own.
  const { etag } = job.upload;
  if (etag === undefined || (await headObject(uploads, key))?.etag === etag) await deleteObject(uploads, key);
  await deletePrefix(uploads, keys.uploadsOf(job));
  await deletePrefix(results, keys.worksOf(job));
  await deletePrefix(results, keys.transcriptsOf(job));
  await deleteObject(results, keys.webhook(job));
  await deleteJobRecord(job);
}
