import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultTenant, newJobId } from "../../layers/core/index.ts";
import { createJob, jobOptionsSchema, keys, putObject, readJob } from "../../layers/storage/index.ts";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { handler } from "./transcribe.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());

it("says how far the job is for a slice whose worker died before it could, and does not compute it again", async () => {
  const ref = { tenant: defaultTenant, jobId: newJobId() };
  const options = jobOptionsSchema.parse({ mode: "exact" });
  const upload = { key: keys.upload(ref), sizeBytes: 1 };
  const exact = { seekMs: 0, durationMs: 9000 };
  await createJob(jobRecord({ ...ref, status: "running", options, upload, executionName: "e", exact }));
  const slice = { segments: [], windows: [], checkpoint: { seekMs: 4000 }, done: false };
  await putObject("results", keys.exactSlice("work/e/", 0), JSON.stringify(slice), "application/json");
  const reply = await handler(
    {
      job: { ...ref, bucket: "uploads", key: upload.key, etag: "e", sizeBytes: 1, options, webhook: false },
      ...{ workPrefix: "work/e/", executionName: "e", slice: 0 },
      split: {
        work: { recognition: "exact", tasks: ["transcribe"], language: true, mode: "exact" },
        ...{ windows: 0, planKey: "p", mapKey: "p", activityKey: "a", audio: { key: "pcm", melMaximum: 0 } },
        ...{ durationMs: 9000, warnings: [], tookMs: 1 },
      },
    },
    { getRemainingTimeInMillis: () => 60_000 },
  );
  expect(reply).toEqual({ slice: 1, done: false });
  expect((await readJob(ref)).exact).toEqual({ seekMs: 4000, durationMs: 9000 });
});
