import { openAsBlob } from "node:fs";
import { build } from "esbuild";
import { Halfgig, HalfgigError } from "halfgig/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoHost, openDemoHost } from "../e2e/support/demo-host.ts";
import { repeated, sample, textNamedMp4 } from "../e2e/support/media.ts";

let demo: DemoHost;
let halfgig: Halfgig;
beforeAll(async () => {
  demo = await openDemoHost();
  halfgig = new Halfgig({ baseUrl: `${demo.host.url}/`, token: demo.host.accessToken });
});
afterAll(() => demo[Symbol.asyncDispose]());

describe("halfgig/client", () => {
  it("a file to its text in three lines, with progress, and as subtitles", async () => {
    const file = await openAsBlob(sample.english);
    const seen = new Set<string>();
    const job = await halfgig.transcribe(file, {
      fileName: "digits.mp4",
      onProgress: ({ status }) => seen.add(status),
    });
    expect(job.text).toMatch(/^one two three four five six/);
    expect(job).toMatchObject({ status: "done", language: "en", job: { fileName: "digits.mp4" } });
    expect(seen).toContain("done");
    expect(await halfgig.file(job.jobId, "srt")).toMatch(/^1\n00:00:00,/);
    expect((await halfgig.jobs({ limit: 5, status: "done" })).jobs.map(({ jobId }) => jobId)).toEqual([job.jobId]);
    await halfgig.delete(job.jobId);
    await expect(halfgig.job(job.jobId)).rejects.toMatchObject({ status: 404, code: "job.not_found" });
  });

  it("a large file goes in parts, one of which is sent again after a cut", async () => {
    const long = await openAsBlob(await repeated(demo.directory, 1));
    const media = new Blob([long, new Uint8Array(20 * 1_048_576)]);
    const sent: string[] = [];
    const cutting: typeof fetch = (address, init) => {
      if (init?.method === "PUT") {
        sent.push(String(address).replace(/.*partNumber=(\d+).*/, "$1"));
        if (sent.length === 2) return Promise.reject(new TypeError("fetch failed"));
      }
      return fetch(address, init);
    };
    const where = { baseUrl: demo.host.url, token: demo.host.accessToken };
    const client = new Halfgig({ ...where, fetch: cutting, largestSinglePutBytes: 8 * 1_048_576 });
    const jobId = await client.upload(media, { fileName: "long.wav" });
    expect(new Set(sent).size).toBeGreaterThan(1);
    expect(sent.length).toBe(new Set(sent).size + 1);
    expect(await client.job(jobId)).toMatchObject({ fileName: "long.wav", upload: { sizeBytes: media.size } });
    await client.cancel(jobId);
  });

  it("says what was refused, and why a job failed, by code", async () => {
    const stranger = new Halfgig({ baseUrl: demo.host.url, token: "wrong" });
    await expect(stranger.jobs()).rejects.toBeInstanceOf(HalfgigError);
    const unusable = halfgig.transcribe(new Blob(["x"]), { language: "English please" });
    await expect(unusable).rejects.toMatchObject({ status: 400, code: "request.invalid" });
    const text = await openAsBlob(await textNamedMp4(demo.directory));
    await expect(halfgig.transcribe(text)).rejects.toMatchObject({ status: 0, code: "media.not_media" });
    await expect(halfgig.transcribe(new URL("http://127.0.0.1:9/a.mp3"))).rejects.toMatchObject({
      code: expect.stringMatching(/^source\.forbidden/),
    });
  });

  it("stops waiting when it is told to", async () => {
    const stop = new AbortController();
    const file = await openAsBlob(sample.german);
    const waiting = halfgig.transcribe(file, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(waiting).rejects.toThrow("enough");
  });

  it("needs nothing that a browser has not", async () => {
    const entryPoints = ["client/index.ts"];
    const { outputFiles } = await build({
      entryPoints,
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      minify: true,
    });
    const [output] = outputFiles;
    expect(output?.contents.length).toBeGreaterThan(10_000);
    expect(output?.text).not.toMatch(/node:|require\(/);
  });
});

describe("the served description", () => {
  it("is there for everybody, for programs and for people", async () => {
    const reply = await fetch(`${demo.host.url}/openapi.json`);
    expect(await reply.json()).toMatchObject({
      openapi: "3.1.1",
      paths: { "/v1/uploads": { post: expect.any(Object) } },
    });
    const page = await fetch(`${demo.host.url}/docs`);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain("POST /v1/uploads");
  });
});
