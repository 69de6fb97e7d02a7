import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./sender.ts";
import type { Tally } from "./tally.ts";
import type { Tenant } from "./tenants.ts";

export type Job = { tenant: Tenant; jobId: string; status: string };

/** Sends a small file. @returns undefined where it was not taken, which the tally knows why */
export async function sendJob(
  tally: Tally,
  tenant: Tenant,
  file: Uint8Array<ArrayBuffer>,
  fileName: string,
): Promise<Job | undefined> {
  const body = JSON.stringify({ fileName, sizeBytes: file.length });
  const taken = await tenant.ask("POST /v1/uploads", "/v1/uploads", { method: "POST", body });
  if (!taken) return undefined;
  const { jobId, upload } = taken as { jobId: string; upload: { url: string; headers: Record<string, string> } };
  const put = { route: "PUT (presigned)", method: "PUT", url: upload.url, headers: upload.headers, body: file };
  return (await ask(tally, put)) && { tenant, jobId, status: "uploaded" };
}

const ended = new Set(["done", "partial", "failed", "canceled"]);

/**
 * Looks after the jobs until all have ended, by the tenants' lists: not one request for each job.
 * @throws after so long without any of them ending
 */
export async function waitForAll(jobs: readonly Job[], stallMs = 180_000): Promise<void> {
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  const tenants = new Set(jobs.map(({ tenant }) => tenant));
  let open = countOpen(jobs);
  for (let sinceMs = performance.now(); open > 0; ) {
    await sleep(1000);
    for (const tenant of tenants) await readList(tenant, byId);
    const left = countOpen(jobs);
    if (left < open) sinceMs = performance.now();
    else if (performance.now() - sinceMs > stallMs)
      throw new Error(`${left} jobs have not ended; none did for ${stallMs / 1000} s.`);
    open = left;
  }
}

async function readList(tenant: Tenant, byId: ReadonlyMap<string, Job>): Promise<void> {
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query = new URLSearchParams({ limit: "100", ...(cursor ? { cursor } : {}) });
    const page = (await tenant.ask("GET /v1/jobs", `/v1/jobs?${query}`)) as
      | { jobs: { jobId: string; status: string }[]; next: string | null }
      | undefined;
    if (!page) return;
    for (const { jobId, status } of page.jobs) {
      const job = byId.get(jobId);
      if (job) job.status = status;
    }
    cursor = page.next;
  }
}

const countOpen = (jobs: readonly Job[]) => jobs.filter(({ status }) => !ended.has(status)).length;
