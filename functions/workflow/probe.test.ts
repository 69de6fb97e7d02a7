import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { defaultTenant, newJobId } from "../../layers/core/index.ts";
import { headObject, jobOptionsSchema, keys, putObject } from "../../layers/storage/index.ts";
import { registerJob } from "../../layers/workflow/index.ts";
import { sample } from "../../test/e2e/support/media.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { handler } from "./probe.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());
afterEach(() => {
  delete process.env.MAX_DURATION_MINUTES;
  delete process.env.MAX_VIDEO_SIZE_MB;
});

/** Probes the German sample: some seconds, some kilobytes. */
async function probe() {
  const ref = { tenant: defaultTenant, jobId: newJobId() };
  const key = keys.upload(ref);
  const options = jobOptionsSchema.parse({});
  await putObject("uploads", key, await readFile(sample.german), "audio/ogg");
  const { sizeBytes = 0, etag = "" } = (await headObject("uploads", key)) ?? {};
  await registerJob(ref, { fileName: "a.ogg", model: "m", options, upload: { key, sizeBytes } });
  const job = { ...ref, bucket: "uploads", key, etag, sizeBytes, options, webhook: false };
  return handler({ job, workPrefix: "work/run/", executionName: "run_1" });
}

it("says what a file is that is within the limits", async () => {
  expect(await probe()).toMatchObject({ container: expect.stringMatching(/ogg/i), subtitleTrack: null });
});

it.each([
  ["MAX_DURATION_MINUTES", "0.05", "media.too_long"],
  ["MAX_VIDEO_SIZE_MB", "0.001", "media.too_large"],
])("%s=%s refuses one that is not", async (name, value, code) => {
  process.env[name] = value;
  await expect(probe()).rejects.toMatchObject({ code });
});
