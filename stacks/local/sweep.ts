import { text } from "node:stream/consumers";
import { jobOfUpload, keys } from "../../layers/storage/index.ts";
import type { PrincipalObjects } from "./principal-objects.ts";

/**
 * Uploads whose job never started, as the S3 events that should have started them: an event is lost when the process
 * ends between storing an object and delivering its event. Delivering one twice is harmless.
 */
export async function* unstartedUploads(
  objects: PrincipalObjects,
  names: { UPLOADS_BUCKET: string; RESULTS_BUCKET: string },
) {
  for await (const object of objects.list(names.UPLOADS_BUCKET, "uploads/")) {
    const jobId = jobOfUpload(object.Key);
    if (!jobId) continue;
    const record = await objects.get(names.RESULTS_BUCKET, keys.job(jobId)).then(text, () => undefined);
    const status = record && (JSON.parse(record) as { status?: string }).status;
    if (status !== "awaiting_upload") continue;
    yield {
      Records: [
        { s3: { bucket: { name: names.UPLOADS_BUCKET }, object: { key: object.Key, size: object.Size } } },
      ] as const,
    };
  }
}
