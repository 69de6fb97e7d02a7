import { type JobRef, MediaError } from "../core/index.ts";
import { type JobRecord, updateJob } from "../storage/index.ts";
import { markAddress, noFindings, requireUpload, startJob } from "./start.ts";

const retriable: readonly JobRecord["status"][] = ["failed", "partial", "canceled"];

/**
 * Another attempt at a job that failed, was canceled or is partial. What was recognised before is not recognised again as long as it is
 * kept; what is missing is.
 * @param model who recognises now: results of another model are not mixed with its own
 * @throws MediaError `job.ended` in any other state, `upload.missing` where the file is not kept any more, `job.not_found`
 */
export async function retryJob(ref: JobRef, model: (job: JobRecord) => string): Promise<JobRecord> {
  await markAddress(await requireUpload(ref));
  const job = await updateJob(ref, (record) =>
    retriable.includes(record.status)
      ? { ...noFindings, status: "awaiting_upload", attempt: record.attempt + 1, model: model(record) }
      : undefined,
  );
  if (job.status !== "awaiting_upload") {
    throw new MediaError(
      "job.ended",
      `Job ${ref.jobId} is ${job.status}; only one that failed, was canceled or is partial can be retried.`,
    );
  }
  return startJob(ref);
}
