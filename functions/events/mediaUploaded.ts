import type { S3Event } from "aws-lambda";
import { log, MediaError, readSettings } from "../../layers/core/index.ts";
import { startUploaded } from "../../layers/workflow/index.ts";
import { modelIdentity } from "../api/model-identity.ts";

/** What will not change by trying: the job was deleted, its object is gone, or other bytes came. */
const hopeless: readonly string[] = ["job.not_found", "upload.missing", "storage.object_changed"];

/**
 * An S3 ObjectCreated event starts the job of the upload, or of an object that was put into the inbox by hand. Duplicated and reordered
 * events change nothing; S3's test event, which comes when a notification is set up, has no records.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export async function handler(event: Partial<S3Event>): Promise<void> {
  const settings = readSettings(process.env);
  for (const record of event.Records ?? []) {
    // Keys are form-encoded in events: a space is a plus.
    const key = decodeURIComponent(record.s3.object.key.replaceAll("+", " "));
    try {
      const job = await startUploaded(key, (options) => modelIdentity(options, settings));
      if (!job) log.warn("an object that is not an upload of ours was left alone", { key });
    } catch (error) {
      if (!(error instanceof MediaError) || !hopeless.includes(error.code)) throw error;
      log.warn("nothing to start for this event", { key, code: error.code });
    }
  }
}
