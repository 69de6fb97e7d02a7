import OpenAI, { RateLimitError } from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { scopes } from "../../layers/access/index.ts";
import { type DemoHost, openDemoHost } from "../e2e/support/demo-host.ts";
import { repeated, sample } from "../e2e/support/media.ts";
import { send, sendAndWait } from "../e2e/support/send.ts";
import { ask, type Someone, someone } from "./support.ts";

let demo: DemoHost;
let alice: Someone;
let bob: Someone;
beforeAll(async () => {
  demo = await openDemoHost({ TENANT_MAX_JOBS: "2", TENANT_MINUTES_PER_DAY: "1", TENANT_REQUESTS_PER_SECOND: "100" });
  [alice, bob] = [await someone(demo, "alice", scopes), await someone(demo, "bob", scopes)];
});
afterAll(() => demo[Symbol.asyncDispose]());

const upload = { fileName: "a.wav", sizeBytes: 1000 };

it("a tenant has so many jobs in flight, and another tenant its own", async () => {
  const ids = [];
  for (let i = 0; i < 2; i++) ids.push((await alice.api.requestUpload({ ...upload, options: {} })).jobId);
  for (const [path, body] of [
    ["/v1/uploads", upload],
    ["/v1/jobs", { url: "https://example.org/a.mp3" }],
  ] as const) {
    const refused = await ask(demo, alice.key, "POST", path, body);
    expect([path, refused.status, JSON.parse(refused.text).code]).toEqual([path, 429, "quota.jobs"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  expect((await bob.api.requestUpload({ ...upload, options: {} })).status).toBe("awaiting_upload");
  await alice.api.cancel(ids[0]!);
  expect((await alice.api.requestUpload({ ...upload, options: {} })).status).toBe("awaiting_upload");
  for (const { jobs } of [JSON.parse((await ask(demo, alice.key, "GET", "/v1/jobs")).text)]) {
    for (const { jobId } of jobs) await alice.api.delete(jobId);
  }
});

it("a tenant has so many minutes a day, and another tenant its own", async () => {
  const long = await repeated(demo.directory, 3);
  expect((await sendAndWait(alice.api, long)).status).toBe("done");
  const job = await alice.api.wait(await send(alice.api, await repeated(demo.directory, 2)), () => undefined);
  expect(job).toMatchObject({ status: "failed", error: { code: "quota.minutes" } });
  expect(job.error?.message).toMatch(/has 0\.5 minutes, and 0\.[23] of this day's 1 are left/);
  expect((await sendAndWait(bob.api, sample.german)).status).toBe("done");
});

it("a tenant asks so often, OpenAI's clients included, and they are told in their own way", async () => {
  await using busy = await openDemoHost({ TENANT_REQUESTS_PER_SECOND: "0.2" });
  const client = new OpenAI({ apiKey: busy.host.accessToken, baseURL: `${busy.host.url}/v1`, maxRetries: 0 });
  for (let i = 0; i < 2; i++) expect((await client.models.list()).data.length).toBeGreaterThan(0);
  const refused = await client.models.list().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RateLimitError);
  expect(refused).toMatchObject({ status: 429, code: "request.too_many", type: "rate_limit_error" });
  expect((refused as RateLimitError).message).toContain("TENANT_REQUESTS_PER_SECOND");
  expect((await ask(busy, busy.host.accessToken, "GET", "/v1/jobs")).status).toBe(429);
});
