import type { S3Event } from "aws-lambda";
import { log, MediaError } from "../../layers/core/index.ts";
import { jobOfUpload } from "../../layers/storage/index.ts";
import { startJob } from "../../layers/workflow/index.ts";

/** An S3 ObjectCreated event starts the job of the upload. Duplicated and reordered events change nothing. */
export async function handler(event: S3Event): Promise<void> {
  for (const record of event.Records) {
    // Keys are form-encoded in events: a space is a plus.
    const key = decodeURIComponent(record.s3.object.key.replaceAll("+", " "));
    const jobId = jobOfUpload(key);
    if (!jobId) {
      log.warn("an object that is not an upload of ours was left alone", { key });
      continue;
    }
    try {
      await startJob(jobId);
    } catch (error) {
      // An object whose job was deleted, or that is gone again, will not come back by trying.
      const gone = error instanceof MediaError && ["job.not_found", "upload.missing"].includes(error.code);
      if (!gone) throw error;
      log.warn("nothing to start for this event", { jobId, code: error.code });
    }
  }
}
