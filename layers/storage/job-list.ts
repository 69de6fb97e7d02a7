import { environmentValue, type TenantId } from "../core/index.ts";
import { findJob, type JobRecord } from "./jobs.ts";
import { jobOfTimeName, keys } from "./keys.ts";
import { listPage } from "./objects.ts";

export type JobQuery = {
  limit: number;
  /** Where the page before ended. */
  cursor?: string | undefined;
  statuses?: readonly JobRecord["status"][] | undefined;
  /** Only jobs that were made at this time or later. */
  sinceMs?: number | undefined;
};

/** Records that one request reads at most, however few of them match. */
const mostRead = 200;
const readAtOnce = 20;

/**
 * A tenant's jobs, newest first. Reads a bounded number of records: a page may hold fewer than asked for, or none, and have a
 * cursor all the same.
 */
export async function listJobs(
  tenant: TenantId,
  query: JobQuery,
): Promise<{ jobs: JobRecord[]; cursor: string | null }> {
  const { limit, statuses, sinceMs = 0 } = query;
  const prefix = keys.jobsByTime(tenant);
  const jobs: JobRecord[] = [];
  let cursor = query.cursor;
  for (let read = 0; read < mostRead; read += readAtOnce) {
    const page = await listPage(environmentValue("RESULTS_BUCKET"), prefix, {
      limit: readAtOnce,
      after: cursor === undefined ? undefined : prefix + cursor,
    });
    const names = page.map((key) => key.slice(prefix.length));
    const found = await Promise.all(
      names.map(async (name) => {
        const named = jobOfTimeName(name);
        if (!named || named.createdMs < sinceMs) return { named, job: undefined };
        return { named, job: await findJob({ tenant, jobId: named.jobId }) };
      }),
    );
    for (const [index, { named, job }] of found.entries()) {
      if (named && named.createdMs < sinceMs) return { jobs, cursor: null };
      cursor = names[index];
      // Of two that made one job at once, the name of the one who came second leads to the other's record.
      const isName = job !== undefined && Date.parse(job.createdAt) === named?.createdMs;
      if (isName && (!statuses || statuses.includes(job.status))) jobs.push(job);
      if (jobs.length === limit) return { jobs, cursor: cursor ?? null };
    }
    if (names.length < readAtOnce) return { jobs, cursor: null };
  }
  return { jobs, cursor: cursor ?? null };
}
