import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defaultTenant, executionNameOf, type JobRef, newJobId } from "../../layers/core/index.ts";
import {
  createJob,
  headObject,
  type JobRecord,
  keys,
  putObject,
  readJob,
  updateJob,
} from "../../layers/storage/index.ts";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { handler } from "./executionEnded.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());

let ref: JobRef;
let name: string;
beforeEach(async () => {
  ref = { tenant: defaultTenant, jobId: newJobId() };
  name = executionNameOf(ref, "0123456789abcdef", 1);
  await createJob(jobRecord({ ...ref, status: "running", executionName: name }));
});

/** What EventBridge sends. */
const ended = (detail: Record<string, unknown>) => ({
  source: "aws.states",
  "detail-type": "Step Functions Execution Status Change",
  detail: { name, status: "TIMED_OUT", error: null, cause: null, ...detail },
});

describe("executionEnded", () => {
  it.each(["TIMED_OUT", "ABORTED", "FAILED"])(
    "says in the job's record that its execution ended as %s",
    async (status) => {
      await handler(ended({ status }));
      expect(await readJob(ref)).toMatchObject({ status: "failed", error: { step: "workflow" } });
    },
  );

  it("finds the job in the execution's input, or in its name", async () => {
    await handler(ended({ name: "by-hand", input: JSON.stringify({ ...ref, bucket: "b" }) }));
    // Another execution than the record's own has nothing to say about it.
    expect((await readJob(ref)).status).toBe("running");
    await handler(ended({ input: JSON.stringify({ ...ref, bucket: "b" }) }));
    expect((await readJob(ref)).status).toBe("failed");
  });

  it("comes too late to a job that is tried again: neither its record nor its work is touched", async () => {
    await updateJob(ref, () => ({ status: "awaiting_upload", attempt: 2, executionName: undefined }));
    const work = `${keys.workPrefix(name)}windows/000000.pcm`;
    await putObject("results", work, "audio", "application/octet-stream");
    await handler(ended({ status: "ABORTED" }));
    expect(await readJob(ref)).toMatchObject({ status: "awaiting_upload", attempt: 2 });
    expect(await headObject("results", work)).toBeDefined();
  });

  it("leaves a job its first reason, and executions that are nobody's alone", async () => {
    const error = { code: "media.not_media", message: "no", step: "probe", advice: "send media" };
    await updateJob(ref, (): Partial<JobRecord> => ({ status: "failed", error }) as Partial<JobRecord>);
    await handler(ended({ status: "FAILED", error: "media.not_media" }));
    expect((await readJob(ref)).error).toMatchObject({ step: "probe" });
    await expect(handler(ended({ name: "somebody-elses" }))).resolves.toBeUndefined();
  });
});
