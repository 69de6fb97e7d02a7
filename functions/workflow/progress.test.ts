import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultTenant, executionNameOf, newJobId } from "../../layers/core/index.ts";
import {
  createJob,
  deleteJobRecord,
  headObject,
  keys,
  putObject,
  readJob,
  updateJob,
} from "../../layers/storage/index.ts";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { report } from "./progress.ts";
import { recordFailure } from "./record-failure.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());

async function queued() {
  const ref = { tenant: defaultTenant, jobId: newJobId() };
  await createJob(jobRecord({ ...ref, status: "queued" }));
  return { ...ref, executionName: executionNameOf(ref, "0123456789abcdef", 1) };
}

it("ends the execution of a job that was canceled before the record knew of that execution", async () => {
  const job = await queued();
  await updateJob(job, () => ({ status: "canceled" }));
  await expect(report(job, { status: "running" })).rejects.toMatchObject({ code: "job.canceled" });
  expect(await readJob(job)).toMatchObject({ status: "canceled" });
});

it("takes what is left of the failed execution of a deleted job away, and is content", async () => {
  const job = await queued();
  await deleteJobRecord(await readJob(job));
  const workPrefix = keys.workPrefix(job.executionName);
  for (const key of [keys.audio(workPrefix), keys.result(workPrefix, 0)])
    await putObject("results", key, "x", "text/plain");
  const failure = { step: "probe", error: "job.not_found", cause: "" };
  await recordFailure({ job, workPrefix, executionName: job.executionName, failure });
  expect(await headObject("results", keys.audio(workPrefix))).toBeUndefined();
  expect(await headObject("results", keys.result(workPrefix, 0))).toBeUndefined();
});

it("ends the execution of an attempt whose job is tried again, and leaves the record to the newer one", async () => {
  const job = await queued();
  await updateJob(job, () => ({ status: "awaiting_upload", attempt: 2, executionName: undefined }));
  await expect(report(job, { status: "running" })).rejects.toMatchObject({ code: "storage.object_changed" });
  expect(await readJob(job)).toMatchObject({ status: "awaiting_upload", attempt: 2 });
  expect(await readJob(job)).not.toHaveProperty("executionName");
});
