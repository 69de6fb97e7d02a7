import type { Context } from "aws-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultTenant, parseJobId, sha256Hex } from "../../layers/core/index.ts";
import { updateJob } from "../../layers/storage/index.ts";
import { calledBy } from "../../test/support/caller.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import type { HttpEvent } from "./http.ts";
import { handler } from "./presign.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3({ MODEL_ID: "m" });
});
afterAll(() => storage[Symbol.asyncDispose]());

async function ask(body: { sha256: string; multipart?: boolean }): Promise<{ jobId: string; reused?: boolean }> {
  const event = {
    ...calledBy(),
    body: JSON.stringify({ fileName: "a.wav", sizeBytes: 5, ...body }),
  } as unknown as HttpEvent;
  const { body: text } = (await handler(event, {} as Context)) as { body: string };
  return JSON.parse(text);
}

const done = (jobId: string) =>
  updateJob({ tenant: defaultTenant, jobId: parseJobId(jobId) }, () => ({ status: "done" }));

it("answers for a hash only with bytes that S3 compared with it: never with those of a file in parts", async () => {
  const sha256 = sha256Hex("bytes");
  const inParts = await ask({ sha256, multipart: true });
  await done(inParts.jobId);
  const whole = await ask({ sha256 });
  expect(whole.reused).toBeUndefined();
  expect(whole.jobId).not.toBe(inParts.jobId);
  await done(whole.jobId);
  for (const multipart of [false, true]) {
    expect(await ask({ sha256, multipart })).toMatchObject({ jobId: whole.jobId, reused: true });
  }
});

it("starts a failed job over under its own id, and gives a file in parts a new one", async () => {
  const sha256 = sha256Hex("other");
  const { jobId } = await ask({ sha256 });
  await updateJob({ tenant: defaultTenant, jobId: parseJobId(jobId) }, () => ({ status: "failed" }));
  expect((await ask({ sha256, multipart: true })).jobId).not.toBe(jobId);
  expect((await ask({ sha256 })).jobId).toBe(jobId);
});
