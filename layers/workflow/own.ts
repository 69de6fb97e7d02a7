import { attemptOfExecution, mostAttempts } from "../core/index.ts";
import type { JobRecord } from "../storage/index.ts";

/** Whether the job is tried again by now: what an execution of an earlier attempt finds out is not true of it. */
export function isSuperseded({ attempt }: Pick<JobRecord, "attempt">, executionName: string): boolean {
  return (attemptOfExecution(executionName) ?? attempt) < Math.min(attempt, mostAttempts);
}

/** Whether the record is this execution's to write: of a job that is being tried again it may be neither its own nor yet another's. */
export function isOwn(record: Pick<JobRecord, "attempt" | "executionName">, executionName: string): boolean {
  if (record.executionName !== undefined) return record.executionName === executionName;
  return !isSuperseded(record, executionName);
}
