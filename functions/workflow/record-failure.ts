import type { z } from "zod";
import { environmentValue, log, MediaError } from "../../layers/core/index.ts";
import { deletePrefix, isFinal, isResult, type JobRecord, updateJob } from "../../layers/storage/index.ts";
import { describeFailure, type failInputSchema, isOwn } from "../../layers/workflow/index.ts";

/**
 * Says in the job's record what happened to its execution. Of the work objects only results are left: a retry goes on from them.
 * @returns the record as it is then; undefined where the job was deleted
 */
export async function recordFailure(input: z.output<typeof failInputSchema>): Promise<JobRecord | undefined> {
  const { job, workPrefix, executionName, failure } = input;
  const error = describeFailure(failure);
  const bucket = environmentValue("RESULTS_BUCKET");
  const recorded = updateJob(job, (record) =>
    // A newer execution owns the record by now, or the transcript is there and only cleaning up failed.
    !isOwn(record, executionName) ||
    // What ended once keeps its first word: a host reports the end of an execution that has reported it itself.
    isFinal(record)
      ? undefined
      : { status: "failed", error, executionName },
  );
  const record = await recorded.catch((reason: unknown) => {
    if (reason instanceof MediaError && reason.code === "job.not_found") return undefined;
    throw reason;
  });
  if (!record) {
    // Deleted meanwhile: what a step wrote after that is nobody's.
    const deleted = await deletePrefix(bucket, workPrefix);
    log.info("the execution of a deleted job ended", {
      tenant: job.tenant,
      jobId: job.jobId,
      workObjectsDeleted: deleted,
    });
    return undefined;
  }
  // Attempts at the same work share their objects: those of a newer one are not to be touched.
  const deleted = isOwn(record, executionName) ? await deletePrefix(bucket, workPrefix, isResult) : 0;
  log.warn("job failed", {
    tenant: job.tenant,
    jobId: job.jobId,
    code: error.code,
    step: error.step,
    workObjectsDeleted: deleted,
  });
  return record;
}
