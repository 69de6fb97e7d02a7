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
  if (job.status !== "awaiting_upload" || nowMs < endedMs) return job;
  return {
    ...job,
    status: "failed",
    endedAt: new Date(endedMs).toISOString(),
    error: {
      code: "upload.missing",
      message: `No file came within ${unsentAfterDays} days.`,
      step: "upload",
      advice: "Send the file again, or delete the job.",
    },
  };
}
