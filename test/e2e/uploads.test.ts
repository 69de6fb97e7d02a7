import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newJobId } from "../../layers/core/index.ts";
import { loadCredentials } from "../../stacks/local/credentials.ts";
import { PrincipalObjects } from "../../stacks/local/principal-objects.ts";
import { sparseFile, uploadWithCuts } from "../upload/resume.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { sample, withSubtitles } from "./support/media.ts";
import { readTranscript, textOf } from "./support/send.ts";

let demo: DemoHost;
beforeAll(async () => {
  demo = await openDemoHost();
});
afterAll(() => demo[Symbol.asyncDispose]());

const request = (
  method: string,
  path: string,
  body?: FormData | Buffer | string,
  headers: Record<string, string> = {},
) =>
  fetch(demo.host.url + path, {
    method,
    headers: { authorization: `Bearer ${demo.host.accessToken}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
const post = async (path: string, body: unknown) =>
  (await request("POST", path, JSON.stringify(body), { "content-type": "application/json" })).json() as Promise<{
    jobId: string;
    status: string;
    upload: { url: string; fields: Record<string, string> };
    transcript: { url: string; headers: Record<string, string> };
  }>;
const ended = (jobId: string) => demo.api.wait(jobId, () => undefined);
const german = "eins zwei drei vier fünf sechs";

describe("a file gets in", () => {
  it("by a form of one request, with its options after it", async () => {
    const form = new FormData();
    form.append("file", new Blob([await readFile(sample.german)]), "digits.de.ogg");
    form.append("words", "true");
    const reply = await request("POST", "/v1/media", form);
    expect(reply.status).toBe(202);
    const { jobId } = (await reply.json()) as { jobId: string };
    expect(await ended(jobId)).toMatchObject({ status: "done", fileName: "digits.de.ogg" });
    const transcript = await readTranscript(demo.api, jobId);
    expect(textOf(transcript)).toBe(german);
    expect(transcript.segments[0]?.words?.length).toBeGreaterThan(0);
  });

  it("by curl, whose form has the options before the file", async () => {
    const form = ["-F", "language=de", "-F", "words=on", "-F", `file=@${sample.german}`];
    const authorized = ["-H", `Authorization: Bearer ${demo.host.accessToken}`];
    const curl = promisify(execFile)("curl", ["-sS", ...authorized, ...form, `${demo.host.url}/media`]);
    const { jobId } = JSON.parse((await curl).stdout) as { jobId: string };
    expect(await ended(jobId)).toMatchObject({ status: "done", options: { language: "de", words: true } });
  });

  it("as bare bytes, and what is too large for one request is told where to go", async () => {
    const path = "/media?fileName=a.ogg&language=de";
    const reply = await request("POST", path, await readFile(sample.german), { "content-type": "audio/ogg" });
    expect(reply.status).toBe(202);
    expect(await ended(((await reply.json()) as { jobId: string }).jobId)).toMatchObject({ status: "done" });
    const large = await request("POST", path, Buffer.alloc(4_500_001), { "content-type": "audio/ogg" });
    expect([large.status, await large.text()]).toEqual([413, expect.stringContaining("POST /v1/uploads")]);
    expect((await request("POST", path, Buffer.alloc(11_000_000), { "content-type": "audio/ogg" })).status).toBe(413);
  });

  it("by a form that a browser sends straight to the storage", async () => {
    const bytes = await readFile(sample.german);
    const { jobId, upload } = await post("/v1/uploads", { fileName: "a.ogg", sizeBytes: bytes.length, form: true });
    const form = new FormData();
    for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
    form.append("file", new Blob([bytes]), "a.ogg");
    expect((await fetch(upload.url, { method: "POST", body: form })).status).toBe(201);
    expect((await ended(jobId)).status).toBe("done");
  });

  it("in parts, cut off three times, and goes on each time where it stopped", async () => {
    const path = join(demo.directory, "sparse.bin");
    const sizeBytes = 64 * 1_048_576;
    await sparseFile(path, sizeBytes);
    const { jobId } = await demo.api.requestParts({ fileName: "sparse.bin", sizeBytes, options: {} });
    const { cutAtBytes } = await uploadWithCuts(demo.api, { jobId, path, sizeBytes }, 3);
    expect(cutAtBytes).toHaveLength(3);
    // All of it arrived: only then can it be found not to be media.
    expect(await ended(jobId)).toMatchObject({ error: { code: "media.not_media" }, object: { sizeBytes } });
  });

  it("when it is put into the inbox by hand, with its options beside it", async () => {
    const { principals } = await loadCredentials(join(demo.directory, "data"), []);
    const tools = principals.get("tools");
    if (!tools) throw new Error("the tools have no credentials");
    const objects = new PrincipalObjects(demo.host.s3Url, "us-east-1", tools);
    const key = "inbox/default/neue Aufnahme (1).ogg";
    await objects.put("halfgig-uploads", `${key}.options.json`, '{"language":"de"}');
    await objects.put("halfgig-uploads", key, (await readFile(sample.german)) as never);
    objects.close();
    const find = async () => {
      const { jobs } = (await (await request("GET", "/v1/jobs?limit=5")).json()) as {
        jobs: { jobId: string; fileName: string; options: { language?: string } }[];
      };
      return jobs.find(({ fileName }) => fileName === "neue Aufnahme (1).ogg");
    };
    await expect.poll(find, { timeout: 20_000 }).toBeDefined();
    const found = await find();
    expect(found?.options.language).toBe("de");
    expect((await ended(found?.jobId ?? "")).status).toBe("done");
    expect(textOf(await readTranscript(demo.api, found?.jobId ?? ""))).toBe(german);
  });
});

describe("text that is there already", () => {
  it("may come alone, without a file", async () => {
    const text = "1\n00:00:01,000 --> 00:00:02,500\nfirst words\n\n2\n00:00:04,000 --> 00:00:05,000\nlast words\n";
    const sha256 = createHash("sha256").update(text).digest("hex");
    const options = { transcript: { format: "srt", sizeBytes: text.length, sha256 } };
    const { jobId, upload, transcript } = await post("/v1/uploads", { fileName: "talk.srt", options });
    expect(upload).toBeUndefined();
    await fetch(transcript.url, { method: "PUT", headers: transcript.headers, body: text });
    expect(await ended(jobId)).toMatchObject({ status: "done" });
    const { segments, ledger, mode, model, warnings } = await readTranscript(demo.api, jobId);
    expect([textOf({ segments } as never), mode, model]).toEqual(["first words last words", "given", null]);
    expect(ledger.intervals.map(({ startMs, endMs, kind }) => [startMs, endMs, kind])).toEqual([
      [0, 1000, "silence"],
      [1000, 2500, "speech"],
      [2500, 4000, "silence"],
      [4000, 5000, "speech"],
    ]);
    expect(warnings.join()).toContain("no audio");
    const again = await post("/v1/uploads", { fileName: "talk.srt", options });
    expect(again).toMatchObject({ jobId, reused: true });
  });

  it("is taken out of the file where it is asked for, and recognised where there is none", async () => {
    const path = await withSubtitles(demo.directory, "in the file");
    const run = async (file: string) => {
      const bytes = await readFile(file);
      const options = { subtitles: "embedded" };
      const { jobId, upload } = await post("/v1/uploads", { fileName: "a.mkv", sizeBytes: bytes.length, options });
      await fetch(upload.url, { method: "PUT", body: bytes });
      expect((await ended(jobId)).status).toBe("done");
      return readTranscript(demo.api, jobId);
    };
    const given = await run(path);
    expect([given.mode, textOf(given)]).toEqual(["given", "in the file"]);
    // On the clock of the audio, whose first packet may begin before the container's zero.
    expect(Math.abs((given.segments[0]?.startMs ?? 0) - 1000)).toBeLessThan(30);
    const heard = await run(sample.german);
    expect([heard.mode, textOf(heard)]).toEqual(["parallel", german]);
  });
});

it("a job that nobody has is not found, whatever is asked of it", async () => {
  const id = newJobId();
  const asked = [
    ["GET", `/v1/uploads/${id}/parts`],
    ["DELETE", `/v1/uploads/${id}`],
    ["POST", `/v1/jobs/${id}/cancel`],
    ["POST", `/v1/jobs/${id}/retry`],
    ["DELETE", `/v1/jobs/${id}`],
  ] as const;
  for (const [method, path] of asked) expect([path, (await request(method, path)).status]).toEqual([path, 404]);
});
