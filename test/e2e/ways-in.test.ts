import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadCredentials } from "../../stacks/local/credentials.ts";
import { PrincipalObjects } from "../../stacks/local/principal-objects.ts";
import { openReceiver, type Receiver } from "../support/receiver.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { repeated, sample, textNamedMp4, withSubtitles } from "./support/media.ts";
import { keysUnder } from "./support/objects.ts";
import { readTranscript, textOf } from "./support/send.ts";

const bucket = "halfgig-uploads";
const told: string[] = [];

let receiver: Receiver;
let demo: DemoHost;
let inbox: PrincipalObjects;
let webhook: { url: string; secret: string };
beforeAll(async () => {
  receiver = await openReceiver(async ({ method, body }, response) => {
    if (method === "GET") return response.end(await readFile(sample.german));
    told.push((JSON.parse(String(body)) as { data: { jobId: string } }).data.jobId);
    response.writeHead(204).end();
  });
  const { host } = receiver;
  webhook = { url: `http://${host}/hook`, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
  // Limits that nothing here comes near: what is counted is counted on every way in.
  demo = await openDemoHost({ FETCH_ALLOW_HOSTS: host, TENANT_MAX_JOBS: "50", TENANT_MINUTES_PER_DAY: "600" });
  const tools = (await loadCredentials(`${demo.directory}/data`, [])).principals.get("tools");
  if (!tools) throw new Error("the tools have no credentials");
  inbox = new PrincipalObjects(demo.host.s3Url, "us-east-1", tools);
});
afterAll(async () => {
  inbox?.close();
  await receiver?.[Symbol.asyncDispose]();
  await demo?.[Symbol.asyncDispose]();
});

const request = (method: string, path: string, body?: Buffer) =>
  fetch(demo.host.url + path, {
    method,
    headers: { authorization: `Bearer ${demo.host.accessToken}`, "content-type": "video/mp4" },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });

/** Puts a file where people put theirs. @returns the id of its job, when that has ended */
async function handIn(name: string, path: string, options: object): Promise<{ key: string; jobId: string }> {
  const key = `inbox/default/${name}`;
  await inbox.put(bucket, `${key}.options.json`, JSON.stringify(options));
  await inbox.put(bucket, key, (await readFile(path)) as never);
  const find = async () => {
    const { jobs } = (await (await request("GET", "/v1/jobs?limit=10")).json()) as {
      jobs: { jobId: string; fileName: string }[];
    };
    return jobs.find(({ fileName }) => fileName === name)?.jobId;
  };
  await expect.poll(find, { timeout: 30_000 }).toBeDefined();
  const jobId = (await find()) ?? "";
  await demo.api.wait(jobId, () => undefined);
  return { key, jobId };
}

it("a film from the inbox gives its own subtitles, is played from there, tells who asked, and goes with its job", async () => {
  const path = await withSubtitles(demo.directory, "in the film");
  const { key, jobId } = await handIn("film.mkv", path, { subtitles: "embedded", webhook });
  expect(textOf(await readTranscript(demo.api, jobId))).toContain("in the film");
  await expect.poll(() => told, { timeout: 20_000 }).toContain(jobId);

  const { url } = (await (await request("GET", `/v1/jobs/${jobId}/media`)).json()) as { url: string };
  const played = await fetch(url, { headers: { range: "bytes=0-3" } });
  // Matroska's own first bytes.
  expect([played.status, Buffer.from(await played.arrayBuffer()).toString("hex")]).toEqual([206, "1a45dfa3"]);

  expect((await request("DELETE", `/v1/jobs/${jobId}`)).status).toBeLessThan(300);
  await expect(inbox.get(bucket, key)).rejects.toMatchObject({ name: "NoSuchKey" });
}, 120_000);

it("a file that was no media is tried again from the inbox, and one that is gone says so", async () => {
  const { key, jobId } = await handIn("notes.mp4", await textNamedMp4(demo.directory), {});
  expect(await demo.api.job(jobId)).toMatchObject({ status: "failed", error: { code: "media.not_media" } });
  expect((await request("POST", `/v1/jobs/${jobId}/retry`)).status).toBe(202);
  await demo.api.wait(jobId, () => undefined);

  await inbox.delete(bucket, key);
  const gone = await request("POST", `/v1/jobs/${jobId}/retry`);
  expect(gone.status, await gone.clone().text()).toBeGreaterThanOrEqual(400);
  expect(gone.status).toBeLessThan(500);
  expect((await request("GET", `/v1/jobs/${jobId}/media`)).status).toBe(404);
  expect((await request("DELETE", `/v1/jobs/${jobId}`)).status).toBeLessThan(300);
}, 120_000);

it("a file that is sent with a webhook in one request is told of too", async () => {
  const query = new URLSearchParams({ webhook: JSON.stringify(webhook) });
  const reply = await request("POST", `/v1/media?${query}`, await readFile(sample.english));
  expect(reply.status, await reply.clone().text()).toBe(202);
  const { jobId } = (await reply.json()) as { jobId: string };
  await expect.poll(() => told, { timeout: 60_000 }).toContain(jobId);
}, 120_000);

it("so is an address; and a long file that comes as OpenAI's clients send it is answered when its job is done", async () => {
  const { jobId } = await demo.api.createJob({ url: new URL("/digits.ogg", webhook.url).href, webhook } as never);
  await expect.poll(() => told, { timeout: 60_000 }).toContain(jobId);
  const form = new FormData();
  form.set("model", "whisper-1");
  const long = await repeated(demo.directory, 5);
  form.set("file", new Blob([new Uint8Array(await readFile(long))]), "long.wav");
  const reply = await fetch(`${demo.host.url}/v1/audio/transcriptions`, {
    method: "POST",
    headers: { authorization: `Bearer ${demo.host.accessToken}` },
    body: form,
  });
  expect(reply.status, await reply.clone().text()).toBe(200);
  expect(((await reply.json()) as { text: string }).text).toContain("one two three");
}, 120_000);

it("an upload that is given up leaves neither parts, nor a transcript, nor a job", async () => {
  const text = "1\n00:00:01,000 --> 00:00:02,000\nnever read\n";
  const transcript = {
    format: "srt" as const,
    sizeBytes: text.length,
    sha256: createHash("sha256").update(text).digest("hex"),
  };
  const asked = await demo.api.requestParts({
    fileName: "large.mp4",
    sizeBytes: 20_000_000,
    options: { transcript, webhook } as never,
  });
  const { jobId } = asked;
  expect((await request("DELETE", `/v1/uploads/${jobId}`)).status).toBeLessThan(300);
  expect((await request("GET", `/v1/jobs/${jobId}`)).status).toBe(404);
  expect((await request("GET", `/v1/uploads/${jobId}/parts`)).status).toBe(404);
  expect(await keysUnder(demo, `jobs/default/${jobId}`)).toEqual([]);
}, 60_000);
