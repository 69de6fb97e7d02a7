import type { JobId } from "../../layers/core/index.ts";
import { type JobRecord, updateJob } from "../../layers/storage/index.ts";

/**
 * A step's word on its job. A record that belongs to another execution by now is left alone, and so is one that has
 * ended: a step that is repeated after the end must not set it back.
 */
export async function report(
  job: { jobId: JobId; executionName: string },
  changes: Partial<JobRecord>,
): Promise<JobRecord> {
  return updateJob(job.jobId, (record) => {
    const ours = record.executionName === undefined || record.executionName === job.executionName;
    const ended = record.executionName === job.executionName && ["done", "partial", "failed"].includes(record.status);
    return ours && !ended ? { ...changes, executionName: job.executionName } : undefined;
  });
}
