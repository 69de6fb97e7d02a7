import { type JobRef, MediaError } from "../../layers/core/index.ts";
import { isFinal, type JobRecord, updateJob } from "../../layers/storage/index.ts";
import { isOwn, isSuperseded } from "../../layers/workflow/index.ts";

/**
 * A step's word on its job. A record that belongs to another execution by now is left alone, and so is one that has
 * ended: a step that is repeated after the end must not set it back.
 * @throws MediaError `job.canceled` where nobody waits for the step's work any more, `storage.object_changed` where another attempt does
 *   it, `job.not_found`
 */
export async function report(job: JobRef & { executionName: string }, changes: Partial<JobRecord>): Promise<JobRecord> {
  const isOurs = (record: JobRecord) => isOwn(record, job.executionName);
  const record = await updateJob(job, (current) =>
    isOurs(current) && !isFinal(current) ? { ...changes, executionName: job.executionName } : undefined,
  );
  // Canceled between the start of the execution and its being on record, it was not stopped: nobody knew of it.
  if (record.status === "canceled" && isOurs(record)) {
    throw new MediaError("job.canceled", `Job ${job.jobId} was canceled.`);
  }
  if (isSuperseded(record, job.executionName))
    throw new MediaError("storage.object_changed", `Job ${job.jobId} was sent other bytes, or again, meanwhile.`);
  return record;
}
