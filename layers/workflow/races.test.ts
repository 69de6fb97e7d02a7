import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { jobRecord } from "../../test/support/job.ts";
import { openTestStack, type TestStack } from "../../test/support/stack.ts";
import { defaultTenant, type JobRef, newJobId } from "../core/index.ts";
import { createJob, headObject, type JobRecord, keys, putObject, readJob, updateJob } from "../storage/index.ts";
import { deleteJob } from "./delete.ts";
import { retryJob } from "./retry.ts";
import { startJob } from "./start.ts";
import { cancelJob } from "./stop.ts";

let stack: TestStack;
let states: TestStack["states"];
beforeAll(async () => {
  stack = await openTestStack();
  ({ states } = stack);
});
afterAll(() => stack[Symbol.asyncDispose]());

let ref: JobRef;
beforeEach(() => {
  states.started.length = 0;
  states.stopped.length = 0;
  ref = { tenant: defaultTenant, jobId: newJobId() };
});

async function create(createdAt: string, upload: JobRecord["upload"]): Promise<JobRecord> {
  await createJob(jobRecord({ ...ref, createdAt, upload }));
  return readJob(ref);
}

async function sent(createdAt: string): Promise<JobRecord> {
  await create(createdAt, { key: keys.upload(ref), sizeBytes: 1 });
  await putObject("uploads", keys.upload(ref), "a", "audio/wav");
  return startJob(ref);
}

/** The job of the version that lies in the inbox now. */
async function fromInbox(key: string, bytes: string): Promise<JobRecord> {
  await putObject("uploads", key, bytes, "audio/wav");
  const etag = (await headObject("uploads", key))?.etag ?? "";
  return create(new Date().toISOString(), { key, sizeBytes: bytes.length, etag });
}

describe("deleting a job", () => {
  it("lets the same file be sent again under the same id: it is worked on anew", async () => {
    const first = await sent("2026-01-01T00:00:00.000Z");
    await deleteJob(first);
    const second = await sent("2026-01-01T00:00:01.000Z");
    expect(second.jobId).toBe(first.jobId);
    // Step Functions keeps a name for 90 days: under the old one nothing would ever run.
    expect(states.started.map(({ name }) => name)).toEqual([first.executionName, second.executionName]);
  });

  it("stops the execution that began after the record was read", async () => {
    const stale = await create("2026-01-01T00:00:00.000Z", { key: keys.upload(ref), sizeBytes: 1 });
    await putObject("uploads", keys.upload(ref), "a", "audio/wav");
    const { executionArn } = await startJob(ref);
    await deleteJob(stale);
    expect(states.stopped).toEqual([executionArn]);
  });

  it("leaves newer bytes at the same place in the inbox alone: they have a job of their own", async () => {
    const key = `inbox/${ref.tenant}/${ref.jobId}.wav`;
    const old = await fromInbox(key, "old");
    await putObject("uploads", key, "newer", "audio/wav");
    await deleteJob(old);
    expect(await headObject("uploads", key)).toMatchObject({ sizeBytes: 5 });
  });

  it("deletes the object in the inbox that the job was made of", async () => {
    const key = `inbox/${ref.tenant}/${ref.jobId}.wav`;
    await deleteJob(await fromInbox(key, "old"));
    expect(await headObject("uploads", key)).toBeUndefined();
  });
});

it("refuses to retry where other bytes lie in the inbox now, and leaves what there is of the job", async () => {
  const key = `inbox/${ref.tenant}/${ref.jobId}.wav`;
  await fromInbox(key, "old");
  await updateJob(ref, () => ({ status: "partial" }));
  await putObject("uploads", key, "newer", "audio/wav");
  await expect(retryJob(ref, () => "m")).rejects.toMatchObject({ code: "storage.object_changed" });
  expect(await readJob(ref)).toMatchObject({ status: "partial", attempt: 1 });
});

it("leaves the record to the retry where the start of the attempt before it is answered late", async () => {
  await create(new Date().toISOString(), { key: keys.upload(ref), sizeBytes: 1 });
  await putObject("uploads", keys.upload(ref), "a", "audio/wav");
  states.beforeAnswer = async () => {
    await cancelJob(ref);
    await retryJob(ref, () => "m");
  };
  await startJob(ref);
  const [first, second] = states.started;
  expect(first?.name).not.toBe(second?.name);
  expect(await readJob(ref)).toMatchObject({ status: "queued", attempt: 2, executionName: second?.name });
});
