import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defaultTenant, type JobRef, newJobId } from "../../layers/core/index.ts";
import {
  deleteObject,
  jobOptionsSchema,
  keys,
  listJobs,
  putObject,
  readJob,
  updateJob,
} from "../../layers/storage/index.ts";
import { deleteJob, registerJob, startJob } from "../../layers/workflow/index.ts";
import { openTestStack, type TestStack } from "../../test/support/stack.ts";
import { handler } from "./sweep.ts";

let stack: TestStack;
let states: TestStack["states"];
beforeAll(async () => {
  stack = await openTestStack({ MODEL_ID: "m", VOICE_MODEL_ID: "" });
  ({ states } = stack);
});
afterAll(() => stack[Symbol.asyncDispose]());

let ref: JobRef;
beforeEach(() => {
  states.started.length = 0;
  ref = { tenant: defaultTenant, jobId: newJobId() };
});

const registerAddress = () =>
  registerJob(ref, {
    ...{ fileName: "example.org/a.wav", model: "m", status: "queued" },
    options: jobOptionsSchema.parse({ url: "https://example.org/a.wav" }),
    upload: { key: keys.upload(ref), sizeBytes: 0 },
  });
const startedJobs = () => states.started.map(({ input }) => input.jobId);

describe("the sweep", () => {
  it("starts the job of an upload whose event was lost, once", async () => {
    const upload = { key: keys.upload(ref), sizeBytes: 1 };
    await registerJob(ref, { fileName: "a.wav", model: "m", options: jobOptionsSchema.parse({}), upload });
    await putObject("uploads", upload.key, "a", "audio/wav");
    await handler();
    await handler();
    expect(startedJobs()).toEqual([ref.jobId]);
  });

  it("starts the job of an address whose maker died before its execution began", async () => {
    await registerAddress();
    expect(await handler()).toEqual({ started: 1 });
    expect(startedJobs()).toEqual([ref.jobId]);
    expect(await readJob(ref)).toMatchObject({ status: "queued", executionName: states.started[0]?.name });
  });

  it("lets the job of an address be listed whose maker died before it could be", async () => {
    await deleteObject("results", keys.jobByTime(await registerAddress()));
    const listed = async () => (await listJobs(ref.tenant, { limit: 100 })).jobs.map(({ jobId }) => jobId);
    expect(await listed()).not.toContain(ref.jobId);
    await handler();
    expect(await listed()).toContain(ref.jobId);
  });

  it("starts the retry of an address whose maker died in between", async () => {
    await registerAddress();
    const first = await startJob(ref);
    await updateJob(ref, () => ({ status: "awaiting_upload", executionName: undefined, attempt: 2 }));
    await handler();
    expect(states.started).toHaveLength(2);
    expect((await readJob(ref)).executionName).not.toBe(first.executionName);
  });

  it.each(["running", "done", "failed", "canceled"] as const)(
    "leaves an address whose job is %s alone",
    async (status) => {
      await registerAddress();
      await startJob(ref);
      await updateJob(ref, () => ({ status }));
      await handler();
      expect(states.started).toHaveLength(1);
    },
  );

  it.each(["running", "done"] as const)(
    "notes the execution of a %s job whose maker died before it could",
    async (status) => {
      await registerAddress();
      const { executionName, executionArn } = await startJob(ref);
      await updateJob(ref, () => ({ status, executionArn: undefined }));
      await handler();
      expect(await readJob(ref)).toMatchObject({ status, executionName, executionArn });
      expect(states.started).toHaveLength(1);
    },
  );

  it("finds nothing of a job that was deleted", async () => {
    await deleteJob(await registerAddress());
    expect(await handler()).toEqual({ started: 0 });
  });
});
