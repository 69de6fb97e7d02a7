import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { jobRecord } from "../../test/support/job.ts";
import { openTestStack, type TestStack } from "../../test/support/stack.ts";
import type { Started } from "../../test/support/states.ts";
import { defaultTenant, type JobRef, newJobId } from "../core/index.ts";
import { createJob, type JobRecord, keys, putObject, readJob, updateJob } from "../storage/index.ts";
import { startJob } from "./start.ts";
import { cancelJob } from "./stop.ts";

let stack: TestStack;
let started: Started[];
let stopped: string[];
beforeAll(async () => {
  stack = await openTestStack();
  ({ started, stopped } = stack.states);
});
afterAll(() => stack[Symbol.asyncDispose]());

let ref: JobRef;
const upload = (bytes: string) => putObject("uploads", keys.upload(ref), bytes, "audio/wav");
/** What the steps of an execution write at its end. */
const end = (changes: Partial<JobRecord>) => updateJob(ref, () => changes);
const failed: Partial<JobRecord> = {
  status: "failed",
  error: { code: "media.not_media", message: "no", step: "probe", advice: "send media" },
};

beforeEach(async () => {
  started.length = 0;
  ref = { tenant: defaultTenant, jobId: newJobId() };
  await createJob(jobRecord(ref));
});

it("starts one execution, however often the event of an upload comes, and leaves an ended job alone", async () => {
  await upload("a");
  await Promise.all([startJob(ref), startJob(ref)]);
  await end({ status: "done" });
  await startJob(ref);
  expect(started).toHaveLength(1);
  expect(await readJob(ref)).toMatchObject({ status: "done", executionName: started[0]?.name, attempt: 1 });
});

it.each([
  ["done", { status: "done" }],
  ["failed", failed],
  ["running", { status: "running" }],
] as const)(
  "runs again for other bytes, and for the first ones after them, where the job is %s",
  async (_name, state) => {
    await upload("a");
    await startJob(ref);
    for (const bytes of ["b", "a"]) {
      await end(state);
      await upload(bytes);
      await Promise.all([startJob(ref), startJob(ref)]);
      const job = await readJob(ref);
      expect(job).toMatchObject({ status: "queued", executionName: started.at(-1)?.name });
      expect(job.error).toBeUndefined();
    }
    expect(new Set(started.map(({ name }) => name)).size).toBe(3);
  },
);

it("starts a job whose first upload had the wrong size when the right one comes", async () => {
  await upload("too long");
  expect((await startJob(ref)).error?.code).toBe("upload.size_mismatch");
  await upload("a");
  const job = await startJob(ref);
  expect(job).toMatchObject({ status: "queued", executionName: started[0]?.name });
  expect(job.error).toBeUndefined();
});

it("puts the execution's ARN on record also where its first step was quicker, even where the job has ended by then", async () => {
  await upload("a");
  const racing = startJob(ref);
  await expect.poll(() => started.length).toBe(1);
  await end({ ...failed, executionName: started[0]?.name });
  await racing;
  expect(await readJob(ref)).toMatchObject({
    status: "failed",
    executionArn: expect.stringContaining(started[0]?.name ?? "-"),
  });
});

it("stops an execution whose ARN nobody wrote down, because its starter ended at once", async () => {
  await upload("a");
  await startJob(ref);
  // What the first step of the execution writes, and no more.
  await updateJob(ref, () => ({ status: "running", executionArn: undefined }));
  expect(await cancelJob(ref)).toMatchObject({ status: "canceled" });
  expect(stopped.filter((arn) => arn.endsWith(`:${started[0]?.name}`))).toHaveLength(1);
});
