import { ExecutionDoesNotExist, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { type JobRef, MediaError } from "../core/index.ts";
import { isFinal, type JobRecord, updateJob } from "../storage/index.ts";
import { executionArnOf, sfn } from "./execution.ts";
import { tellOfEnd } from "./tell.ts";

/**
 * Ends a job that has not ended: its record says so first, so that no step can say otherwise, then its execution is stopped. What was
 * recognised until then is kept for a retry. Who was to be told of the job's end is told of this one.
 * @throws MediaError `job.ended` where it has, `job.not_found`
 */
export async function cancelJob(ref: JobRef): Promise<JobRecord> {
  const job = await updateJob(ref, (record) => (isFinal(record) ? undefined : { status: "canceled" }));
  if (job.status !== "canceled") {
    throw new MediaError("job.ended", `Job ${ref.jobId} has ended already: it is ${job.status}.`);
  }
  // Also where it was canceled before: the host may have died between the two.
  await stopExecution(job);
  await tellOfEnd(job);
  return job;
}

/**
 * Stops what runs of a job; nothing where nothing does. Who started the execution may have ended before its ARN was written: the
 * execution's own first step writes its name.
 */
export async function stopExecution({
  executionName,
  executionArn = executionName === undefined ? undefined : executionArnOf(executionName),
}: Pick<JobRecord, "executionName" | "executionArn">): Promise<void> {
  if (executionArn === undefined) return;
  await sfn()
    .send(new StopExecutionCommand({ executionArn, error: "job.canceled", cause: "The job was canceled." }))
    .catch((error) => {
      if (!(error instanceof ExecutionDoesNotExist)) throw error;
    });
}
