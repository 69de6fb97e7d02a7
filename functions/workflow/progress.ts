import type { JobRef } from "../../layers/core/index.ts";
import { isFinal, type JobRecord, updateJob } from "../../layers/storage/index.ts";

/**
 * A step's word on its job. A record that belongs to another execution by now is left alone, and so is one that has
 * ended: a step that is repeated after the end must not set it back.
 */
export async function report(job: JobRef & { executionName: string }, changes: Partial<JobRecord>): Promise<JobRecord> {
  return updateJob(job, (record) => {
    const ours = record.executionName === undefined || record.executionName === job.executionName;
    const ended = record.executionName === job.executionName && isFinal(record);
    return ours && !ended ? { ...changes, executionName: job.executionName } : undefined;
  });
}
