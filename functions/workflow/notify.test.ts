import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defaultTenant, type JobRef, newJobId } from "../../layers/core/index.ts";
import { jobOptionsSchema, keys, readJob, updateJob } from "../../layers/storage/index.ts";
import { registerJob } from "../../layers/workflow/index.ts";
import { mediaWorkflow } from "../../stacks/app/index.ts";
import { failing, runToEnd, testHost } from "../../stacks/local/states/testing/host.ts";
import { openReceiver, type Receiver } from "../../test/support/receiver.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { handler } from "./notify.ts";

const told: string[] = [];
let status = 200;
let receiver: Receiver;
let storage: AsyncDisposable;
let url: string;
beforeAll(async () => {
  receiver = await openReceiver(({ headers }, response) => {
    told.push(String(headers["webhook-id"]));
    response.writeHead(status).end();
  });
  const { host } = receiver;
  url = `${receiver.url}/hook`;
  storage = await openTestS3({ FETCH_ALLOW_HOSTS: host });
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
});

const executionName = "run_1";
let ref: JobRef;
const notify = () => handler({ job: ref, executionName });
beforeEach(async () => {
  told.length = 0;
  status = 200;
  ref = { tenant: defaultTenant, jobId: newJobId() };
  const options = jobOptionsSchema.parse({});
  const upload = { key: keys.upload(ref), sizeBytes: 1 };
  const webhook = { url, secret: "0123456789abcdef" };
  await registerJob(ref, { fileName: "a.wav", model: "m", options, upload, webhook });
  await updateJob(ref, () => ({ status: "done", executionName }));
});

describe("a job's news", () => {
  it("are told once, though the step is repeated, and the record says so without the secret", async () => {
    await notify();
    await notify();
    expect(told).toEqual([`msg_${ref.jobId}_1`]);
    const job = await readJob(ref);
    expect(job.deliveries).toEqual([expect.objectContaining({ outcome: 200 })]);
    expect(JSON.stringify(job)).not.toContain("0123456789abcdef");
  });

  it("that are not taken are an error by which the workflow repeats them; the log keeps the last ten", async () => {
    status = 500;
    for (let attempt = 0; attempt < 12; attempt++) {
      await expect(notify()).rejects.toMatchObject({ code: "webhook.not_delivered" });
    }
    expect((await readJob(ref)).deliveries?.map(({ outcome }) => outcome)).toEqual(Array(10).fill(500));
    status = 410;
    await expect(notify()).rejects.toMatchObject({ code: "webhook.refused" });
  });

  it("of an execution that another one has replaced are not told", async () => {
    await updateJob(ref, () => ({ executionName: "run_2" }));
    await notify();
    expect(told).toEqual([]);
  });
});

describe("the workflow", () => {
  const job = { tenant: "default", jobId: "j", options: {} };
  const probe = { subtitleTrack: null };
  const split = { work: { recognition: "none" }, windows: 0, durationMs: 1, mapKey: "" };
  const run = async (notified: () => unknown, { webhook = true, fails = false } = {}) => {
    const merge = () => {
      if (fails) throw failing("media.not_media");
      return { status: "done" };
    };
    const targets = { functionArn: (name: string) => name, resultsBucket: "results", maxConcurrency: 1 };
    // The clock of the test jumps to the next timer: the one that ends an execution must not be the nearest.
    const { TimeoutSeconds: _, ...definition } = mediaWorkflow(targets);
    const functions = { probe: () => probe, split: () => split, merge, fail: () => null, notify: notified };
    const host = await testHost(definition, { functions: { ...functions, "index-transcript": () => null } });
    const startMs = host.clock.now();
    const { status: outcome, error } = await runToEnd(host, { ...job, webhook });
    return { outcome, error, tookMs: host.clock.now() - startMs };
  };

  it("tries ten times with growing pauses, and the job is what it was before", async () => {
    let attempts = 0;
    const { outcome, tookMs } = await run(() => {
      attempts++;
      throw failing("webhook.not_delivered");
    });
    expect([outcome, attempts]).toEqual(["SUCCEEDED", 10]);
    expect(tookMs).toBeGreaterThan(60_000);
    expect(tookMs).toBeLessThan(3 * 3_600_000);
  });

  it.each([
    ["once where it is taken", { webhook: true, fails: false }, "SUCCEEDED", 1],
    ["once where the job failed", { webhook: true, fails: true }, "FAILED", 1],
    ["nobody where nobody wants to know", { webhook: false, fails: false }, "SUCCEEDED", 0],
  ])("tells %s", async (_name, options, expected, times) => {
    let attempts = 0;
    const { outcome } = await run(() => void attempts++, options);
    expect([outcome, attempts]).toEqual([expected, times]);
  });

  it("does not try again where that cannot help", async () => {
    let attempts = 0;
    await run(() => {
      attempts++;
      throw failing("webhook.refused");
    });
    expect(attempts).toBe(1);
  });
});
