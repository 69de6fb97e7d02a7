import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiClient, JobStatus } from "../../cli/client.ts";
import { ytDlpPath } from "../../layers/fetch/index.ts";
import { StandIn } from "../../layers/fetch/stand-in.fixture.ts";
import type { JobOptions } from "../../layers/storage/index.ts";
import { halfgig } from "./support/cli.ts";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { keysUnder } from "./support/objects.ts";
import { readTranscript, textOf } from "./support/send.ts";

const ytDlp = ytDlpPath();
const withYtDlp = describe.skipIf(ytDlp === undefined);
const present = ytDlp === undefined ? "yt-dlp is not installed" : "yt-dlp";

const vtt = "WEBVTT\n\n00:00.790 --> 00:01.870\nOne, two, three!\n\n00:11.500 --> 00:12.960\nSeven & so on\n";
const page = (body: string) =>
  `<!DOCTYPE html><html><head><title>Digits</title></head><body><h1>A film</h1>${body}</body></html>`;
const film = '<source src="/digits.mp4" type="video/mp4">';
const track = '<track kind="subtitles" srclang="en" label="English" src="/captions.vtt">';

const pages: Record<string, string> = {
  "/with-captions": page(`<video>${film}${track}</video>`),
  "/without-captions": page(`<video>${film}</video>`),
  "/two-films": page(`<video>${film}</video><video><source src="/german.ogg" type="audio/ogg"></video>`),
  "/wall": page("<p>Sign in to confirm you&#39;re not a bot</p>"),
  "/empty-page": page("<p>Nothing to see</p>"),
  "/to-metadata": page('<video src="http://169.254.169.254/latest/meta-data/video.mp4"></video>'),
};

let site: StandIn;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-url-"));
  site = await StandIn.start((request, response) => {
    const path = request.url ?? "";
    const html = pages[path];
    if (html !== undefined) return void response.writeHead(200, { "content-type": "text/html" }).end(html);
    if (path === "/captions.vtt") return void response.writeHead(200, { "content-type": "text/vtt" }).end(vtt);
    const file = path === "/german.ogg" ? sample.german : path === "/digits.mp4" ? sample.english : undefined;
    if (!file) return void response.writeHead(404, { "content-type": "text/html" }).end(page("<p>Not here</p>"));
    response.writeHead(200, { "content-type": path.endsWith("4") ? "video/mp4" : "audio/ogg" });
    createReadStream(file).pipe(response);
  });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function run(api: ApiClient, path: string, options: Partial<JobOptions> = {}): Promise<JobStatus> {
  const { jobId } = await api.createJob({ url: path.startsWith("/") ? site.url(path) : path, ...options });
  return api.wait(jobId, () => undefined);
}

describe("a job of an address", () => {
  let demo: DemoHost;
  const inferred = () => demo.reports.filter(({ functionName }) => functionName === "infer").length;
  beforeAll(async () => {
    demo = await openDemoHost({ FETCH_ALLOW_HOSTS: site.host }, directory);
  });
  afterAll(() => demo[Symbol.asyncDispose]());

  it("of a media file is fetched and transcribed", async () => {
    const job = await run(demo.api, "/digits.mp4");
    expect(job.error).toBeUndefined();
    expect(job).toMatchObject({ status: "done", source: { captions: null } });
    expect(textOf(await readTranscript(demo.api, job.jobId))).toBe("one two three four five six seven eight nine");
    expect(site.asked("/digits.mp4")).toBe(1);
    expect(await keysUnder(demo, "work/")).toEqual([]);
    // What was stored made an event of its own, which started nothing.
    expect(demo.reports.filter(({ functionName }) => functionName === "fetch")).toHaveLength(1);
  });

  it.each([
    ["/nothing-here", "source.not_found"],
    ["/wall", "source.blocked"],
  ])("%s fails with %s after one try", async (path, code) => {
    const job = await run(demo.api, path);
    expect(job).toMatchObject({ status: "failed", error: { code, step: "fetch" } });
    expect(site.asked(path)).toBe(1);
  });

  it("is refused at once where the address can be judged by itself", async () => {
    for (const url of ["http://169.254.169.254/latest/", "file:///etc/passwd", "http://127.0.0.1:1/", "nonsense"]) {
      await expect(demo.api.createJob({ url })).rejects.toThrow(/public internet|cannot be fetched/);
    }
    await expect(demo.api.createJob({ url: site.url("/x"), captions: "require", words: true })).rejects.toThrow(
      /captions: cannot be required/,
    );
  });

  withYtDlp(present, () => {
    it("uses the captions of a page and recognises nothing", async () => {
      const before = inferred();
      const job = await run(demo.api, "/with-captions");
      expect(job.error).toBeUndefined();
      expect(job).toMatchObject({ status: "done", source: { captions: { language: "en", automatic: false } } });
      const transcript = await readTranscript(demo.api, job.jobId);
      expect(transcript).toMatchObject({ mode: "given", model: null });
      expect(transcript.segments).toMatchObject([
        { startMs: 790, endMs: 1870, text: "One, two, three!", language: "en" },
        { startMs: 11_500, endMs: 12_960, text: "Seven & so on", language: "en" },
      ]);
      expect(inferred()).toBe(before);
    });

    it.each([
      ["/without-captions", {}],
      ["/with-captions", { captions: "ignore" }],
    ] satisfies [string, Partial<JobOptions>][])("recognises speech: %s %j", async (path, options) => {
      const job = await run(demo.api, path, options);
      expect(job).toMatchObject({ status: "done", source: { captions: null } });
      expect(textOf(await readTranscript(demo.api, job.jobId))).toContain("four five six");
    });

    it.each([
      ["/empty-page", {}, "source.not_media"],
      ["/to-metadata", {}, "source.forbidden_address"],
    ] satisfies [string, Partial<JobOptions>, string][])("%s %j fails with %s", async (path, options, code) => {
      const job = await run(demo.api, path, options);
      expect(job).toMatchObject({ status: "failed", error: { code, step: "fetch" } });
      expect(await keysUnder(demo, "work/")).toEqual([]);
    });

    it("makes one job of each entry of a list", async () => {
      const list = await run(demo.api, "/two-films");
      expect(list).toMatchObject({ status: "done", fileName: "Digits" });
      expect(list.entries).toHaveLength(2);
      const texts = [];
      for (const jobId of list.entries ?? []) {
        expect(await demo.api.wait(jobId, () => undefined)).toMatchObject({ status: "done", entryOf: list.jobId });
        texts.push(textOf(await readTranscript(demo.api, jobId)));
      }
      expect(texts).toEqual(["one two three four five six seven eight nine", "eins zwei drei vier fünf sechs"]);
    });
  });
});

withYtDlp(`what the host switches off for addresses, with ${present}`, () => {
  it("DISABLE_ASR_FALLBACK=1 takes captions or fails; PLAYLIST_LIMIT bounds lists", async () => {
    const settings = { FETCH_ALLOW_HOSTS: site.host, DISABLE_ASR_FALLBACK: "1", PLAYLIST_LIMIT: "1" };
    await using demo = await openDemoHost(settings, directory);
    expect(await run(demo.api, "/with-captions")).toMatchObject({ status: "done" });
    expect(await run(demo.api, "/without-captions")).toMatchObject({ error: { code: "source.no_captions" } });
    expect(await run(demo.api, "/digits.mp4")).toMatchObject({ error: { code: "source.no_captions" } });
    expect(await run(demo.api, "/two-films")).toMatchObject({ error: { code: "source.playlist" } });
  });
});

it("the command line takes an address in place of a file", async () => {
  const environment = { FETCH_ALLOW_HOSTS: site.host, MAX_URL_SIZE_MB: "1" };
  const { status, stdout, stderr } = await halfgig(
    [site.url("/digits.mp4"), "--model", "demo", "--data", directory, "-f", "txt"],
    environment,
  );
  expect(stderr).not.toContain("failed");
  expect(status).toBe(0);
  expect(stdout).toContain("four five six");
});
