import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JobStatus } from "../../cli/client.ts";
import { stateMachineArn } from "../../stacks/local/environment.ts";
import { openReceiver, type Receiver } from "../support/receiver.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
type Message = { id: string; signedBy: boolean; type: string; data: { jobId: string; status: string } };
const told: Message[] = [];
let answer = 204;

let receiver: Receiver;
let demo: DemoHost;
let options: object;
let slow: string;
beforeAll(async () => {
  receiver = await openReceiver(({ method, headers, body }, response) => {
    // A download that does not come: whose job is at work for as long as the test wants it to be.
    if (method === "GET") return;
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = headers;
    const mac = createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(`${id}.${at}.${body}`);
    told.push({ id: String(id), signedBy: signature === `v1,${mac.digest("base64")}`, ...JSON.parse(String(body)) });
    response.writeHead(answer).end();
  });
  const { host } = receiver;
  options = { webhook: { url: `http://${host}/hook`, secret } };
  demo = await openDemoHost({ MAX_CONCURRENCY: "1", FETCH_ALLOW_HOSTS: host });
  slow = `http://${host}/slow.mp4`;
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await demo[Symbol.asyncDispose]();
});
beforeEach(() => {
  told.length = 0;
  answer = 204;
});

const of = (jobId: string) => told.filter(({ data }) => data.jobId === jobId);

async function atWork(): Promise<JobStatus> {
  const { jobId } = await demo.api.createJob({ url: slow, ...options });
  let job = await demo.api.job(jobId);
  const ready = async () => {
    job = await demo.api.job(jobId);
    return job.status === "running" && job.executionArn !== undefined;
  };
  await expect.poll(ready, { timeout: 30_000, interval: 50 }).toBe(true);
  return job;
}

/** No execution is at work any more: whatever was to be told has been told. */
const quiet = async () => {
  const { executions } = await demo.host.states.listExecutions(stateMachineArn, { status: "RUNNING" });
  return executions.length;
};

describe("an end that the job's own execution cannot tell of", () => {
  it.each([
    [
      "a job that is canceled at its work",
      "canceled",
      async () => {
        const { jobId } = await atWork();
        await demo.api.cancel(jobId);
        return jobId;
      },
    ],
    [
      "a job that is canceled before its file came",
      "canceled",
      async () => {
        const { jobId } = await demo.api.requestUpload({ fileName: "a.wav", sizeBytes: 9, options });
        await demo.api.cancel(jobId);
        // Whoever is not sure of it asks again.
        await demo.api.cancel(jobId);
        return jobId;
      },
    ],
    [
      "an execution that somebody stopped",
      "failed",
      async () => {
        const { jobId, executionArn = "" } = await atWork();
        await demo.host.states.stopExecution(executionArn, { error: "Operator", cause: "stopped by hand" });
        return jobId;
      },
    ],
    [
      "an execution that ran out of its time",
      "failed",
      async () => {
        const { jobId, executionName: name, executionArn } = await atWork();
        const detail = { executionArn, name, status: "TIMED_OUT", error: "States.Timeout", cause: null };
        // EventBridge, too, delivers at least once.
        for (let i = 0; i < 3; i++) await demo.host.lambda.invoke("executionEnded", { detail });
        await demo.host.states.stopExecution(executionArn ?? "", {});
        return jobId;
      },
    ],
  ] as const)("%s is told of once, signed, and it is in the log", async (_name, status, end) => {
    const jobId = await end();
    await expect.poll(() => of(jobId), { timeout: 15_000 }).toHaveLength(1);
    expect(of(jobId)[0]).toMatchObject({ signedBy: true, type: `job.${status}`, data: { jobId, status } });
    const deliveries = async () => (await demo.api.job(jobId)).deliveries;
    await expect.poll(deliveries, { timeout: 10_000 }).toMatchObject([{ id: `msg_${jobId}_1`, outcome: 204 }]);
    await expect.poll(quiet, { timeout: 15_000 }).toBe(0);
    expect(of(jobId)).toHaveLength(1);
    expect((await demo.api.job(jobId)).status).toBe(status);
  });

  it("is tried again where it was not taken, with the same id", async () => {
    answer = 503;
    const { jobId } = await demo.api.requestUpload({ fileName: "a.wav", sizeBytes: 9, options });
    await demo.api.cancel(jobId);
    await expect.poll(() => of(jobId), { timeout: 15_000 }).toHaveLength(1);
    answer = 204;
    await expect.poll(() => of(jobId), { timeout: 20_000 }).toHaveLength(2);
    expect(new Set(of(jobId).map(({ id }) => id))).toEqual(new Set([`msg_${jobId}_1`]));
    const outcomes = async () => (await demo.api.job(jobId)).deliveries?.map(({ outcome }) => outcome);
    await expect.poll(outcomes, { timeout: 10_000 }).toEqual([503, 204]);
  });

  it("is nobody's business where the job was deleted", async () => {
    const { jobId } = await atWork();
    await demo.api.delete(jobId);
    await expect.poll(quiet, { timeout: 15_000 }).toBe(0);
    // What the host makes of the end of its execution comes after it.
    const { jobId: later } = await demo.api.requestUpload({ fileName: "a.wav", sizeBytes: 9, options });
    await demo.api.cancel(later);
    await expect.poll(() => of(later), { timeout: 15_000 }).toHaveLength(1);
    expect(of(jobId)).toEqual([]);
  });
});
