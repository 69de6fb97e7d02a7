import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openReceiver, type ReceivedRequest, type Receiver } from "../support/receiver.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { repeated, sample, textNamedMp4 } from "./support/media.ts";
import { inferencesByWindow, keysUnder } from "./support/objects.ts";
import { readTranscript, send, sendAndWait, textOf } from "./support/send.ts";

const told: ReceivedRequest[] = [];
let receiver: Receiver;
let demo: DemoHost;
let hook: string;
beforeAll(async () => {
  receiver = await openReceiver((request, response) => {
    told.push(request);
    response.writeHead(204).end();
  });
  const { host, url } = receiver;
  hook = `${url}/hook`;
  demo = await openDemoHost({ MAX_CONCURRENCY: "1", FETCH_ALLOW_HOSTS: host });
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await demo[Symbol.asyncDispose]();
});

const status = async (jobId: string) => (await demo.api.job(jobId)).status;
const everything = async () => [...(await keysUnder(demo, "work/")), ...(await uploads())];
/** The uploads bucket, listed with the credentials of the lifecycle rules. */
const uploads = () => keysUnder(demo, "uploads/", { bucket: "halfgig-uploads", principal: "host:lifecycle" });

/** Waits until the first window of a job has its result. */
async function firstResult(jobId: string): Promise<void> {
  const started = async () => {
    const { progress } = await demo.api.job(jobId);
    return progress && "windowsDone" in progress ? progress.windowsDone : 0;
  };
  await expect.poll(started, { timeout: 40_000, interval: 50 }).toBeGreaterThan(0);
}

describe("a job", () => {
  it("is canceled for good, and a retry does only what is missing", async () => {
    const jobId = await send(demo.api, await repeated(demo.directory, 12));
    await firstResult(jobId);
    expect((await demo.api.cancel(jobId)).status).toBe("canceled");
    expect((await demo.api.cancel(jobId)).status).toBe("canceled");
    await expect(demo.api.transcript(jobId, "srt")).rejects.toThrow(/canceled/);
    // What was recognised stays for a retry; what it was recognised from goes.
    const left = async () => (await keysUnder(demo, "work/")).filter((key) => !key.includes("/results/"));
    await expect.poll(left, { timeout: 15_000 }).toEqual([]);
    expect((await keysUnder(demo, `work/default_${jobId}_`)).length).toBeGreaterThan(0);
    expect(await status(jobId)).toBe("canceled");

    expect((await demo.api.retry(jobId)).attempt).toBe(2);
    const job = await demo.api.wait(jobId, () => undefined);
    expect(job).toMatchObject({ status: "done", attempt: 2 });
    const inferences = [...(await inferencesByWindow(`${demo.directory}/data`))].filter(([key]) => key.includes(jobId));
    // The one that was at work when the job was canceled may have written its result and not its line in the log.
    expect(inferences.length).toBeGreaterThanOrEqual((job.windows ?? 0) - 1);
    expect(inferences.filter(([, times]) => times > 1)).toEqual([]);
    await expect.poll(() => keysUnder(demo, "work/"), { timeout: 10_000 }).toEqual([]);
    await expect(demo.api.cancel(jobId)).rejects.toThrow(/ended already: it is done/);
    await expect(demo.api.retry(jobId)).rejects.toThrow(/is done; only one that failed/);
  });

  it("is deleted while it runs: its file, its record and all that it made", async () => {
    const jobId = await send(demo.api, await repeated(demo.directory, 12, "again.wav"));
    await firstResult(jobId);
    await demo.api.delete(jobId);
    await expect(demo.api.job(jobId)).rejects.toThrow(/no job/);
    await expect(demo.api.delete(jobId)).rejects.toThrow(/no job/);
    const left = async () => (await everything()).filter((key) => key.includes(jobId));
    await expect.poll(left, { timeout: 15_000 }).toEqual([]);
    expect(await keysUnder(demo, "jobs/default/").then((all) => all.filter((key) => key.includes(jobId)))).toEqual([]);
  });

  it("that is done is deleted with its transcript", async () => {
    const { jobId } = await sendAndWait(demo.api, sample.german);
    expect(textOf(await readTranscript(demo.api, jobId))).toContain("eins");
    await demo.api.delete(jobId);
    await expect(demo.api.transcript(jobId, "txt")).rejects.toThrow(/no job/);
    const transcripts = await keysUnder(demo, `transcripts/default/${jobId}/`, { principal: "delete" });
    expect([(await everything()).filter((key) => key.includes(jobId)), transcripts]).toEqual([[], []]);
  });
});

describe("a webhook", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const of = (jobId: string) => told.filter(({ body }) => body.includes(jobId));

  it.each([
    ["done", () => sample.german],
    ["failed", () => textNamedMp4(demo.directory)],
  ])("tells that a job is %s, signed, and nobody can read the secret", async (ends, file) => {
    const options = { webhook: { url: hook, secret } };
    const jobId = await send(demo.api, await file(), options as never);
    await demo.api.wait(jobId, () => undefined);
    await expect.poll(() => of(jobId), { timeout: 15_000 }).toHaveLength(1);
    const [message] = of(jobId);
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = message?.headers ?? {};
    const key = Buffer.from(secret.slice(6), "base64");
    expect(signature).toBe(`v1,${createHmac("sha256", key).update(`${id}.${at}.${message?.body}`).digest("base64")}`);
    expect(JSON.parse(String(message?.body))).toMatchObject({ type: `job.${ends}`, data: { jobId, status: ends } });
    await expect.poll(async () => (await demo.api.job(jobId)).deliveries?.length, { timeout: 10_000 }).toBe(1);
    const record = await demo.api.job(jobId);
    expect(record).toMatchObject({ status: ends, webhook: true, deliveries: [{ outcome: 204 }] });
    const { executionArn = "" } = record;
    const { input } = await demo.host.states.describeExecution(executionArn);
    expect(JSON.stringify([record, input])).not.toContain(secret.slice(6));
  });
});

describe("GET /v1/jobs", () => {
  const list = async (query: string) => {
    const headers = { authorization: `Bearer ${demo.host.accessToken}` };
    const reply = await fetch(`${demo.host.url}/v1/jobs${query}`, { headers });
    return { status: reply.status, body: (await reply.json()) as { jobs: { status: string }[]; next: string | null } };
  };

  it("goes page by page, and takes one state alone", async () => {
    const { body: all } = await list("");
    expect(all.jobs.length).toBeGreaterThanOrEqual(3);
    const { body: first } = await list("?limit=1");
    const { body: second } = await list(`?limit=1&cursor=${first.next}`);
    expect([...first.jobs, ...second.jobs]).toEqual(all.jobs.slice(0, 2));
    const { body: failed } = await list("?status=failed,canceled");
    expect(new Set(failed.jobs.map((job) => job.status))).toEqual(new Set(["failed"]));
  });

  it.each(["?limit=0", "?limit=x", "?cursor=../x", "?status=sleeping", "?since=yesterday", "?colour=red"])(
    "refuses %s",
    async (query) => expect((await list(query)).status).toBe(400),
  );
});
