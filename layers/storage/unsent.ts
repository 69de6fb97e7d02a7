import type { JobRecord } from "./jobs.ts";

const dayMs = 24 * 3600 * 1000;
/** An upload address works for a week at most, and what was sent is kept for a week (stacks/app/buckets.ts); a day more for the slowest event. */
export const unsentAfterDays = 8;

/**
 * A job whose file cannot come any more reads as failed. Nobody has to write that down: whoever sends a file and goes away, or is killed
 * before the address of its upload is told, causes no event at all. Another upload or a retry starts it over, and it can be deleted.
 */
export function unlessUnsent(job: JobRecord, nowMs = Date.now()): JobRecord {
  const endedMs = Date.parse(job.updatedAt) + unsentAfterDays * dayMs;
  // An address is queued from the first; the sweep tries to begin its job for as long as its mark is kept.
  const waits = job.status === "awaiting_upload" || (job.status === "queued" && job.executionName === undefined);
  if (!waits || nowMs < endedMs) return job;
  return {
    ...job,
    status: "failed",
    endedAt: new Date(endedMs).toISOString(),
    error: {
      code: "upload.missing",
      message: `${job.options.url === undefined ? "No file came" : "The work could not be begun"} within ${unsentAfterDays} days.`,
      step: "upload",
      advice: "Send it again, or delete the job.",
    },
  };
}
