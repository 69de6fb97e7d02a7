import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stateMachineArn } from "../../stacks/local/environment.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { readTranscript, textOf } from "./support/send.ts";

let demo: DemoHost;
let client: S3Client;
beforeAll(async () => {
  demo = await openDemoHost();
  const file = JSON.parse(await readFile(join(demo.directory, "data", "credentials.json"), "utf8")) as {
    principals: { tools: { accessKeyId: string; secretAccessKey: string } };
  };
  client = new S3Client({ endpoint: demo.host.s3Url, region: "us-east-1", credentials: file.principals.tools });
});
afterAll(async () => {
  client.destroy();
  await demo[Symbol.asyncDispose]();
});

const bucket = "halfgig-uploads";
type Version = { key: string; eTag: string; size: number; sequencer: string };

/** Stores one version of an object, which makes the host deliver its own event. */
async function put(key: string, path: string, sequencer: string): Promise<Version> {
  const body = await readFile(path);
  const { ETag = "" } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  return { key, eTag: ETag.replaceAll('"', ""), size: body.length, sequencer };
}

/** The event of a version, once more. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
async function deliver(versions: readonly Version[]): Promise<void> {
  const Records = versions.map((object) => ({
    ...{
      eventVersion: "2.1",
      eventSource: "aws:s3",
      eventName: "ObjectCreated:Put",
      eventTime: "2026-11-21T00:00:00Z",
    },
    s3: { bucket: { name: bucket }, object: { ...object, key: encodeURIComponent(object.key).replaceAll("%20", "+") } },
  }));
  await demo.host.lambda.invoke("mediaUploaded", { Records });
}

const executions = async () => (await demo.host.states.listExecutions(stateMachineArn)).executions;

async function jobs(): Promise<{ jobId: string; status: string }[]> {
  const headers = { authorization: `Bearer ${demo.host.accessToken}` };
  return ((await (await fetch(`${demo.host.url}/v1/jobs`, { headers })).json()) as { jobs: never[] }).jobs;
}

async function ended(count: number): Promise<void> {
  const statuses = async () => (await jobs()).map(({ status }) => status);
  await expect.poll(statuses, { timeout: 40_000 }).toEqual(Array(count).fill("done"));
}

it("ten duplicate and shuffled events for one object, late ones of its earlier version among them: one execution, one result", async () => {
  const key = "inbox/default/a talk é.mp4";
  const older = await put(key, sample.german, "0001");
  await ended(1);
  const newer = await put(key, sample.english, "0002");
  const shuffled = [newer, older, newer, newer, older, newer, older, newer, newer, older];
  // Some at once, some in one event, some when all is done.
  await Promise.all([deliver(shuffled.slice(0, 3)), ...shuffled.slice(3, 8).map((version) => deliver([version]))]);
  await ended(2);
  for (const version of shuffled.slice(8)) await deliver([version]);

  // A record is done a moment before its execution is.
  const statuses = async () => (await executions()).map(({ status }) => status);
  await expect.poll(statuses, { timeout: 20_000 }).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  const results = (await jobs()).map(async ({ jobId }) => textOf(await readTranscript(demo.api, jobId)));
  expect((await Promise.all(results)).sort()).toEqual([
    "eins zwei drei vier fünf sechs",
    "one two three four five six seven eight nine",
  ]);
  const merges = demo.reports.filter(({ functionName }) => functionName === "merge");
  expect(merges).toHaveLength(2);
});
