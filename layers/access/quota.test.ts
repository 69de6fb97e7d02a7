import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { type JobRef, newJobId, parseTenantId, type TenantId } from "../core/index.ts";
import { createJob, updateJob } from "../storage/index.ts";
import { claimJob, releaseJob } from "./quota-jobs.ts";
import { chargeMinutes, requireMinutes } from "./quota-minutes.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());

let count = 0;
let tenant: TenantId;
beforeEach(() => {
  tenant = parseTenantId(`t${count++}`);
});

const quota = { mostJobs: 3, uploadWithinMs: 3_600_000 };

async function job(): Promise<JobRef> {
  const job = jobRecord({ tenant, status: "queued" });
  await createJob(job);
  return { tenant, jobId: job.jobId };
}

const outcomes = async (work: Promise<unknown>[]) =>
  (await Promise.allSettled(work)).map((one) => (one.status === "fulfilled" ? "in" : String(one.reason.code)));

describe("jobs in flight", () => {
  it("are never more than the limit, however many ask at once", async () => {
    const refs = await Promise.all(Array.from({ length: 8 }, job));
    const answers = await outcomes(refs.map((ref) => claimJob(ref, quota)));
    expect(answers.filter((one) => one === "in")).toHaveLength(3);
    expect(new Set(answers)).toEqual(new Set(["in", "quota.jobs"]));
  });

  it("make room when one ends, with nobody giving a place back, and one that asks twice takes one place", async () => {
    const refs = await Promise.all([job(), job(), job()]);
    for (const ref of [...refs, ...refs]) await claimJob(ref, quota);
    const next = await job();
    await expect(claimJob(next, quota)).rejects.toMatchObject({ code: "quota.jobs", httpStatus: 429 });
    await updateJob(refs[0]!, () => ({ status: "failed" }));
    await claimJob(next, quota);
    await expect(claimJob(await job(), quota)).rejects.toMatchObject({ context: { retryAfterSeconds: 15 } });
  });

  it("make room at once for one that is deleted", async () => {
    const refs = await Promise.all([job(), job(), job()]);
    for (const ref of refs) await claimJob(ref, quota);
    await Promise.all([refs[0]!, refs[1]!, refs[0]!].map((ref) => releaseJob(ref, quota)));
    for (const ref of [await job(), await job()]) await claimJob(ref, quota);
    await expect(claimJob(await job(), quota)).rejects.toMatchObject({ code: "quota.jobs" });
  });

  it("do not include what was never sent in time, or never came to be", async () => {
    const waiting = await Promise.all([job(), job()]);
    for (const ref of waiting) await updateJob(ref, () => ({ status: "awaiting_upload" }));
    for (const ref of [...waiting, { tenant, jobId: newJobId() }]) await claimJob(ref, quota, 0);
    const next = { tenant, jobId: newJobId() };
    await expect(claimJob(next, quota, 50_000)).rejects.toMatchObject({ code: "quota.jobs" });
    await claimJob(next, quota, 61_000);
    for (const ref of [await job(), await job(), await job()]) await claimJob(ref, quota, 3_600_001);
    await expect(claimJob(await job(), quota, 3_600_001)).rejects.toMatchObject({ code: "quota.jobs" });
  });
});

describe("minutes per day", () => {
  const noon = Date.UTC(2026, 10, 21, 12);
  const of = (executionName: string) => ({ tenant, executionName: `${tenant}_${executionName}` });
  const charge = (name: string, minutes: number, nowMs = noon) =>
    chargeMinutes(of(name), minutes * 60_000, { minutesPerDay: 10 }, nowMs);

  it("count a step that is repeated once, and more of the same file by the difference", async () => {
    for (const minutes of [4, 4, 6, 5]) await charge("a_1", minutes);
    await charge("b_1", 4);
    await expect(charge("c_1", 0.1)).rejects.toMatchObject({ code: "quota.minutes", retryable: false });
    await expect(requireMinutes(tenant, { minutesPerDay: 10 }, noon)).rejects.toMatchObject({
      context: { retryAfterSeconds: 43_200 },
    });
    await charge("c_1", 9, noon + 12 * 3_600_000);
  });

  it("never sum up to more than the limit, whoever asks at once for whatever", async () => {
    const asked = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(asked, async (minutes) => {
        tenant = parseTenantId(`t${count++}`);
        const answers = await outcomes(minutes.map((each, i) => charge(`e${i}_1`, each)));
        const taken = minutes.filter((_, i) => answers[i] === "in").reduce((sum, one) => sum + one, 0);
        expect(taken).toBeLessThanOrEqual(10);
        // Whoever was refused would not have fitted.
        for (const [i, each] of minutes.entries()) if (answers[i] !== "in") expect(taken + each).toBeGreaterThan(10);
      }),
      { numRuns: 6 },
    );
  });

  it("are not counted where there is no limit", async () => {
    await chargeMinutes(of("a_1"), 1e12, { minutesPerDay: undefined }, noon);
    await requireMinutes(tenant, { minutesPerDay: 1 }, noon);
    await expect(requireMinutes(tenant, { minutesPerDay: 0.05 }, noon)).rejects.toMatchObject({
      code: "quota.minutes",
    });
  });
});
