import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { defaultTenant, type JobRef, newJobId } from "../core/index.ts";
import { createJob, type JobRecord, keys, putObject, readJob, updateJob } from "../storage/index.ts";
import { startJob } from "./start.ts";
import { cancelJob } from "./stop.ts";

let storage: AsyncDisposable;
const started: string[] = [];
const stopped: string[] = [];
const states = createServer(async (request, response) => {
  type Body = { name: string; stateMachineArn: string; executionArn: string };
  const { name, stateMachineArn, executionArn: toStop } = JSON.parse(await text(request)) as Body;
  if (String(request.headers["x-amz-target"]).endsWith(".StopExecution")) {
    stopped.push(toStop);
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify({ stopDate: 1 }));
    return;
  }
  const taken = started.includes(name);
  if (!taken) started.push(name);
  response.writeHead(taken ? 400 : 200, { "content-type": "application/x-amz-json-1.0" });
  const executionArn = `${stateMachineArn}:${name}`;
  response.end(JSON.stringify(taken ? { __type: "ExecutionAlreadyExists" } : { executionArn, startDate: 1 }));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => states.listen(0, "127.0.0.1", resolve));
  storage = await openTestS3({
    AWS_ENDPOINT_URL_SFN: `http://127.0.0.1:${(states.address() as AddressInfo).port}`,
    STATE_MACHINE_ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:media",
  });
});
afterAll(async () => {
  states.closeAllConnections();
  states.close();
  await storage[Symbol.asyncDispose]();
});

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
  expect(await readJob(ref)).toMatchObject({ status: "done", executionName: started[0], attempt: 1 });
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
      expect(job).toMatchObject({ status: "queued", executionName: started.at(-1) });
      expect(job.error).toBeUndefined();
    }
    expect(new Set(started).size).toBe(3);
  },
);

it("starts a job whose first upload had the wrong size when the right one comes", async () => {
  await upload("too long");
  expect((await startJob(ref)).error?.code).toBe("upload.size_mismatch");
  await upload("a");
  const job = await startJob(ref);
  expect(job).toMatchObject({ status: "queued", executionName: started[0] });
  expect(job.error).toBeUndefined();
});

it("puts the execution's ARN on record also where its first step was quicker, even where the job has ended by then", async () => {
  await upload("a");
  const racing = startJob(ref);
  await expect.poll(() => started.length).toBe(1);
  await end({ ...failed, executionName: started[0] });
  await racing;
  expect(await readJob(ref)).toMatchObject({
    status: "failed",
    executionArn: expect.stringContaining(started[0] ?? "-"),
  });
});

it("stops an execution whose ARN nobody wrote down, because its starter ended at once", async () => {
  await upload("a");
  await startJob(ref);
  // What the first step of the execution writes, and no more.
  await updateJob(ref, () => ({ status: "running", executionArn: undefined }));
  expect(await cancelJob(ref)).toMatchObject({ status: "canceled" });
  expect(stopped.filter((arn) => arn.endsWith(`:${started[0]}`))).toHaveLength(1);
});
