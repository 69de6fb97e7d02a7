import type { Context } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defaultTenant, parseJobId } from "../../layers/core/index.ts";
import { deleteObject, keys, listKeys, readJob, updateJob } from "../../layers/storage/index.ts";
import { calledBy } from "../../test/support/caller.ts";
import { openTestStack, type TestStack } from "../../test/support/stack.ts";
import { handler } from "./create.ts";
import type { HttpEvent } from "./http.ts";

let stack: TestStack;
let states: TestStack["states"];
beforeAll(async () => {
  stack = await openTestStack({ MODEL_ID: "m", VOICE_MODEL_ID: "" });
  ({ states } = stack);
});
afterAll(() => stack[Symbol.asyncDispose]());
beforeEach(() => {
  states.started.length = 0;
});

async function ask(body: object, key?: string, tenant: string = defaultTenant) {
  const headers = key === undefined ? {} : { "idempotency-key": key };
  const event = { ...calledBy(tenant), headers, body: JSON.stringify(body) } as unknown as HttpEvent;
  const reply = (await handler(event, {} as Context)) as { statusCode: number; body: string };
  return { httpStatus: reply.statusCode, ...(JSON.parse(reply.body) as { jobId: string; detail?: string }) };
}

const body = { url: "https://example.org/a.mp3" };
const refOf = ({ jobId }: { jobId: string }) => ({ tenant: defaultTenant, jobId: parseJobId(jobId) });

describe("POST /v1/jobs with an Idempotency-Key", () => {
  it("answers a repeated request with the same job, however that has ended since, and begins it once", async () => {
    const first = await ask(body, "k1");
    expect(first.httpStatus).toBe(202);
    expect(await ask(body, "k1")).toMatchObject({ httpStatus: 202, jobId: first.jobId });
    await updateJob(refOf(first), () => ({ status: "failed" }));
    expect((await ask(body, "k1")).jobId).toBe(first.jobId);
    expect((await readJob(refOf(first))).status).toBe("failed");
    expect(states.started).toHaveLength(1);
  });

  it("makes one job of requests that come at once", async () => {
    const replies = await Promise.all(Array.from({ length: 5 }, () => ask(body, "k2")));
    expect(new Set(replies.map(({ jobId }) => jobId)).size).toBe(1);
    expect(states.started).toHaveLength(1);
  });

  it("begins the work of a job whose maker died before it did", async () => {
    const first = await ask(body, "k3");
    await updateJob(refOf(first), () => ({ executionName: undefined, executionArn: undefined, status: "queued" }));
    states.started.length = 0;
    await ask(body, "k3");
    expect(states.started.map(({ input }) => input.jobId)).toEqual([first.jobId]);
  });

  it("refuses a key that was used for something else, or that is none", async () => {
    const { jobId } = await ask(body, "k4");
    const other = await ask({ ...body, url: "https://example.org/b.mp3" }, "k4");
    expect(other).toMatchObject({ httpStatus: 400, detail: expect.stringContaining(jobId) });
    for (const key of ["", " ", "a b", "ü", "a".repeat(256)]) expect((await ask(body, key)).httpStatus).toBe(400);
  });

  it("is another key for another tenant", async () => {
    const jobs = [await ask(body, "k5"), await ask(body, "k5", "other")];
    expect(jobs[0]?.jobId).not.toBe(jobs[1]?.jobId);
  });
});

it("makes a new job of every request without a key, with its mark in the uploads bucket", async () => {
  const jobs = [await ask(body), await ask(body)];
  expect(jobs[0]?.jobId).not.toBe(jobs[1]?.jobId);
  for (const job of jobs) {
    expect(await Array.fromAsync(listKeys("uploads", keys.uploadsOf(refOf(job))))).toEqual([
      keys.addressUpload(refOf(job)),
    ]);
    await deleteObject("uploads", keys.addressUpload(refOf(job)));
  }
});
