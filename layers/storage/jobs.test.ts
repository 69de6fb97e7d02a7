import { afterAll, beforeAll, expect, it } from "vitest";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { defaultTenant, newJobId } from "../core/index.ts";
import { createJob, deleteJobRecord, jobOptionsSchema, keys, listJobs, readJob, updateJob } from "./index.ts";
import { deleteObject, listKeys } from "./objects.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());

const jobAt = (createdAt: string, jobId = newJobId()) => jobRecord({ createdAt, jobId });

async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const key of listKeys("results", keys.jobsByTime(defaultTenant))) found.push(key);
  return found;
}

it("is listed once, and leaves no name behind, where the request that made it was cut off and came again", async () => {
  const first = jobAt("2026-01-01T00:00:00.000Z");
  expect(await createJob(first)).toBe(true);
  // What a process leaves that dies after the record.
  await deleteObject("results", keys.jobByTime(first));
  expect(await createJob(jobAt("2026-01-01T00:00:01.000Z", first.jobId))).toBe(false);
  expect(await names()).toEqual([keys.jobByTime(first)]);
  expect((await listJobs(defaultTenant, { limit: 10 })).jobs.map(({ jobId }) => jobId)).toEqual([first.jobId]);
  await deleteJobRecord(first);
  expect(await names()).toEqual([]);
});

it("has one name where several make it at once", async () => {
  const jobId = newJobId();
  const times = ["2026-01-02T00:00:00.000Z", "2026-01-02T00:00:01.000Z", "2026-01-02T00:00:02.000Z"];
  const made = await Promise.all(times.map((time) => createJob(jobAt(time, jobId))));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(await names()).toHaveLength(1);
});

const dayMs = 24 * 3600 * 1000;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs).toISOString();

it("reads as failed, and says what to do, where its file can come no more", async () => {
  const [waiting, unsent] = [jobAt(daysAgo(7.9)), jobAt(daysAgo(8.1))];
  for (const job of [waiting, unsent]) await createJob(job);
  expect((await readJob(waiting)).status).toBe("awaiting_upload");
  expect(await readJob(unsent)).toMatchObject({
    status: "failed",
    error: { code: "upload.missing", step: "upload", advice: "Send it again, or delete the job." },
    endedAt: new Date(Date.parse(unsent.updatedAt) + 8 * dayMs).toISOString(),
  });
  const sinceMs = Date.now() - 20 * dayMs;
  const failed = await listJobs(defaultTenant, { limit: 10, statuses: ["failed"], sinceMs });
  expect(failed.jobs.map(({ jobId }) => jobId)).toEqual([unsent.jobId]);
  for (const job of [waiting, unsent]) await deleteJobRecord(job);
});

it("reads as failed where an address was queued and its work never began", async () => {
  const url = jobOptionsSchema.parse({ url: "https://example.org/a.wav" });
  const queued = { ...jobAt(daysAgo(8.1)), status: "queued" as const, options: url };
  await createJob(queued);
  expect((await readJob(queued)).error?.message).toBe("The work could not be begun within 8 days.");
  await updateJob(queued, () => ({ status: "queued", error: undefined, executionName: "e" }));
  expect((await readJob(queued)).status).toBe("queued");
  await deleteJobRecord(queued);
});

it("waits anew once it is sent again", async () => {
  const unsent = jobAt(daysAgo(30));
  await createJob(unsent);
  await updateJob(unsent, ({ status }) =>
    status === "failed" ? { status: "awaiting_upload", error: undefined } : undefined,
  );
  const { status, endedAt, error } = await readJob(unsent);
  expect({ status, endedAt, error }).toEqual({ status: "awaiting_upload", endedAt: undefined, error: undefined });
  await deleteJobRecord(unsent);
});
