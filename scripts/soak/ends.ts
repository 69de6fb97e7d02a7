import { createHash } from "node:crypto";
import { Refused, type SoakClient } from "./client.ts";
import type { Sent } from "./kinds.ts";

export type Ends = {
  /** By kind and how it ended: `done`, `failed storage.unavailable`, … */
  counts: Map<string, Map<string, number>>;
  /** Failed or partial by a fault; sent again by `retry`, they were done. */
  repaired: number;
  /** Jobs whose sender never heard their id, because the reply was lost. */
  unclaimed: number;
  /** What one tenant could see of the other; 0 as it should be. */
  leaks: number;
};

/** Every job has come to an end that is one, equal work has equal results, and nobody sees anybody else's. Deletes all of them at the end. */
export async function judgeEnds(
  sent: readonly Sent[],
  clients: readonly SoakClient[],
  violations: string[],
): Promise<Ends> {
  const ends: Ends = { counts: new Map(), repaired: 0, unclaimed: 0, leaks: 0 };
  const digests = new Map<string, Set<string>>();
  for (const one of sent) {
    try {
      await judgeOne(one, ends, digests, violations);
    } catch (error) {
      violations.push(`${one.kind} ${one.jobId}: ${(error as Error).message}`);
    }
  }
  for (const [kind, found] of digests)
    if (found.size > 1) violations.push(`${kind}: ${found.size} different transcripts of the same file`);
  await judgeUnclaimed(sent, clients, ends, violations);
  await judgeTenants(sent, clients, ends, violations);
  for (const client of clients) {
    for (const { jobId } of await client.jobs()) await client.call("DELETE", `/v1/jobs/${jobId}`);
    const left = await client.jobs();
    if (left.length > 0) violations.push(`${left.length} deleted jobs of ${client.tenant} are still listed`);
  }
  return ends;
}

async function judgeOne(one: Sent, ends: Ends, digests: Map<string, Set<string>>, violations: string[]): Promise<void> {
  const { kind, client, jobId, expected } = one;
  let job = await client.ended(jobId);
  count(ends, kind, job ? [job.status, job.error?.code].filter(Boolean).join(" ") : "gone");
  if (expected === "deleted") {
    if (job) violations.push(`${kind} ${jobId} was deleted and is ${job.status}`);
    return;
  }
  if (!job) return void violations.push(`${kind} ${jobId} is gone`);
  if (job.status === "failed" && !job.error?.message)
    violations.push(`${kind} ${jobId} failed without a record of why`);
  if (expected === "failed") {
    if (job.status !== "failed") violations.push(`${kind} ${jobId} should have failed and is ${job.status}`);
    return;
  }
  if (job.status === "canceled" && expected === "canceled or done") return;
  if (job.status === "failed" || job.status === "partial" || job.status === "canceled") {
    await client.retry(jobId);
    job = await client.ended(jobId);
    if (job?.status === "done") ends.repaired++;
  }
  if (job?.status !== "done")
    return void violations.push(`${kind} ${jobId} is ${job?.status}, after a retry: ${job?.error?.message ?? ""}`);
  const transcript = String(JSON.stringify(await client.call("GET", `/v1/jobs/${jobId}/transcript.json`)));
  // Both samples count: one in German, one in English.
  if (!/eins|one/i.test(transcript)) violations.push(`${kind} ${jobId} is done without its words`);
  const digest = createHash("sha256").update(transcript.replaceAll(jobId, "")).digest("hex");
  const sameWork = kind.startsWith("canceled") ? "canceled" : kind;
  const found = digests.get(sameWork) ?? new Set();
  digests.set(sameWork, found.add(digest));
}

async function judgeUnclaimed(
  sent: readonly Sent[],
  clients: readonly SoakClient[],
  ends: Ends,
  violations: string[],
): Promise<void> {
  const known = new Set(sent.map(({ jobId }) => jobId));
  for (const client of clients) {
    for (const job of await client.jobs()) {
      if (known.has(job.jobId)) continue;
      ends.unclaimed++;
      // Its file may never come: its sender has made another job.
      if (job.status !== "awaiting_upload")
        await client.ended(job.jobId).catch((error: Error) => violations.push(`unclaimed: ${error.message}`));
    }
  }
}

async function judgeTenants(
  sent: readonly Sent[],
  clients: readonly SoakClient[],
  ends: Ends,
  violations: string[],
): Promise<void> {
  for (const { client: owner, jobId } of sent.slice(0, 100)) {
    for (const other of clients) {
      if (other === owner) continue;
      for (const path of [`/v1/jobs/${jobId}`, `/v1/jobs/${jobId}/transcript.json`, `/v1/jobs/${jobId}/media`]) {
        const said = await other.call("GET", path).then(
          () => 200,
          (error: unknown) => (error instanceof Refused ? error.status : 0),
        );
        if (said !== 404) ends.leaks++;
      }
    }
  }
  for (const client of clients) {
    const own = new Set((await client.jobs()).map(({ jobId }) => jobId));
    const { passages } = (await client.call("GET", "/v1/search?q=eins&limit=50")) as { passages: { jobId: string }[] };
    ends.leaks += passages.filter(({ jobId }) => !own.has(jobId)).length;
  }
  if (ends.leaks > 0) violations.push(`${ends.leaks} looks at another tenant's work succeeded`);
}

function count(ends: Ends, kind: string, how: string): void {
  const counts = ends.counts.get(kind) ?? new Map<string, number>();
  ends.counts.set(kind, counts.set(how, (counts.get(how) ?? 0) + 1));
}
