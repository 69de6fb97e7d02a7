import { ExecutionDoesNotExist, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { type JobRef, MediaError } from "../core/index.ts";
import { isFinal, type JobRecord, updateJob } from "../storage/index.ts";
import { sfn } from "./start.ts";

/**
 * Ends a job that has not ended: its record says so first, so that no step can say otherwise, then its execution is stopped. What was
 * recognised until then is kept for a retry.
 * @throws MediaError `job.ended` where it has, `job.not_found`
 */
export async function cancelJob(ref: JobRef): Promise<JobRecord> {
  const job = await updateJob(ref, (record) => (isFinal(record) ? undefined : { status: "canceled" }));
  if (job.status !== "canceled") {
    throw new MediaError("job.ended", `Job ${ref.jobId} has ended already: it is ${job.status}.`);
  }
  // Also where it was canceled before: the host may have died between the two.
  await stopExecution(job);
  return job;
}

/** Stops what runs of a job; nothing where nothing does. */
export async function stopExecution({ executionArn }: Pick<JobRecord, "executionArn">): Promise<void> {
  if (executionArn === undefined) return;
  await sfn()
    .send(new StopExecutionCommand({ executionArn, error: "job.canceled", cause: "The job was canceled." }))
    .catch((error) => {
      if (!(error instanceof ExecutionDoesNotExist)) throw error;
    });
}
