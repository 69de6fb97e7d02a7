import { executionNameOf, log, sha256Hex } from "../core/index.ts";
import { isFinal, type JobRecord } from "../storage/index.ts";
import { startExecution } from "./execution.ts";

/**
 * Starts an execution that does nothing but tell the receiver of a job's webhook how the job ended: for ends that the job's own execution
 * cannot tell of, because there is none, or it was stopped. However often this is called, one such execution runs for one end.
 * Nothing happens where nobody is to be told.
 */
export async function tellOfEnd(job: JobRecord): Promise<void> {
  if (!job.webhook || !isFinal(job)) return;
  const { tenant, jobId, attempt, createdAt } = job;
  const executionName = job.executionName ?? null;
  const identity = sha256Hex(JSON.stringify(["tell", executionName, attempt, createdAt])).slice(0, 16);
  await startExecution(executionNameOf(job, identity, attempt), { tenant, jobId, tell: { executionName } });
  log.info("an end is told of", { tenant, jobId, status: job.status });
}
