import { environmentValue, log } from "../../layers/core/index.ts";
import { deletePrefix, isFinal, updateJob } from "../../layers/storage/index.ts";
import { describeFailure, failInputSchema } from "../../layers/workflow/index.ts";

/** The last step of a failed execution: says in the job's record what happened, and leaves no work object behind. */
export async function handler(event: unknown): Promise<void> {
  const { job, workPrefix, executionName, failure } = failInputSchema.parse(event);
  const error = describeFailure(failure);
  await updateJob(job.jobId, (record) =>
    // A newer execution owns the record by now, or the transcript is there and only cleaning up failed.
    (record.executionName !== undefined && record.executionName !== executionName) ||
    // What ended once keeps its first word: a host may report the end of an execution that has reported it itself.
    isFinal(record)
      ? undefined
      : { status: "failed", error, executionName },
  );
  const deleted = await deletePrefix(environmentValue("RESULTS_BUCKET"), workPrefix);
  log.warn("job failed", { jobId: job.jobId, code: error.code, step: error.step, workObjectsDeleted: deleted });
}
