import { z } from "zod";
import { type JobRef, MediaError, parseJobId } from "../core/index.ts";
import { findJob, isFinal, keys } from "../storage/index.ts";
import { changeCounter } from "./quota-state.ts";

/** Jobs that were let in, and when. Those that have ended are taken out when room is needed, so that nobody has to give a place back. */
const stateSchema = z.object({ format: z.literal(1), jobs: z.record(z.string(), z.number()) });

/** A job is counted before its record is written; this long may lie between the two. */
const recordWithinMs = 60_000;
const retryAfterSeconds = 15;

export type JobQuota = {
  /** Undefined: any number. */
  mostJobs: number | undefined;
  /** How long a file may be on its way before its job gives its place up. */
  uploadWithinMs: number;
};

/**
 * Takes a place among the jobs that a tenant may have in flight; the same job takes one, however often it asks.
 * @throws MediaError `quota.jobs` with the seconds after which to try again
 */
export async function claimJob(ref: JobRef, { mostJobs, uploadWithinMs }: JobQuota, nowMs = Date.now()): Promise<void> {
  if (mostJobs === undefined) return;
  await changeCounter(keys.jobsInFlight(ref.tenant), stateSchema, async (state) => {
    let jobs = state?.jobs ?? {};
    if (ref.jobId in jobs) return undefined;
    if (Object.keys(jobs).length >= mostJobs) jobs = await stillInFlight(ref, jobs, nowMs, uploadWithinMs);
    if (Object.keys(jobs).length < mostJobs) return { format: 1 as const, jobs: { ...jobs, [ref.jobId]: nowMs } };
    throw new MediaError(
      "quota.jobs",
      `This tenant has ${mostJobs} jobs at work or awaiting their files, which is its limit. Wait for one to end, or cancel one.`,
      { context: { retryAfterSeconds } },
    );
  });
}

/** Gives the place of a job back whose record is gone: nothing would say that it has ended. */
export async function releaseJob({ tenant, jobId }: JobRef, { mostJobs }: Pick<JobQuota, "mostJobs">): Promise<void> {
  if (mostJobs === undefined) return;
  await changeCounter(keys.jobsInFlight(tenant), stateSchema, (state) => {
    if (!state || !(jobId in state.jobs)) return undefined;
    const { [jobId]: _, ...jobs } = state.jobs;
    return { format: 1 as const, jobs };
  });
}

async function stillInFlight(
  { tenant }: JobRef,
  jobs: Record<string, number>,
  nowMs: number,
  uploadWithinMs: number,
): Promise<Record<string, number>> {
  const entries = await Promise.all(
    Object.entries(jobs).map(async ([jobId, claimedMs]) => {
      const job = await findJob({ tenant, jobId: parseJobId(jobId) });
      const forMs = nowMs - claimedMs;
      const gone = !job
        ? forMs > recordWithinMs
        : job.status === "awaiting_upload"
          ? forMs > uploadWithinMs
          : isFinal(job);
      return gone ? [] : [[jobId, claimedMs] as const];
    }),
  );
  return Object.fromEntries(entries.flat());
}
