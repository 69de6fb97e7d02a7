import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newJobId, parseTenantId } from "../../layers/core/index.ts";
import { StandIn } from "../../layers/fetch/stand-in.fixture.ts";
import {
  createJob,
  deleteObject,
  headObject,
  type JobOptions,
  jobOptionsSchema,
  keys,
  listJobs,
  listKeys,
  openObject,
  putObject,
  readJob,
  updateJob,
} from "../../layers/storage/index.ts";
import { deleteJob } from "../../layers/workflow/index.ts";
import { jobRecord } from "../../test/support/job.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { handler } from "./fetch.ts";

const root = join(import.meta.dirname, "..", "..");
const tenant = parseTenantId("default");
const context = { getRemainingTimeInMillis: () => 120_000 };

let storage: AsyncDisposable;
let site: StandIn;
let directory: string;
let sample: Buffer;
/** What the site answers with, by path; a number is a status. */
const files = new Map<string, string | Buffer | number>();
/** What happens between a request and its answer, by path. */
const meanwhile = new Map<string, () => Promise<void>>();

beforeAll(async () => {
  storage = await openTestS3();
  directory = await mkdtemp(join(tmpdir(), "halfgig-fetch-"));
  sample = await readFile(join(root, "samples", "digits.mp4"));
  site = await StandIn.start(async (request, response) => {
    await meanwhile.get(request.url ?? "")?.();
    const answer = files.get(request.url ?? "") ?? 404;
    if (typeof answer === "number") response.writeHead(answer).end();
    else response.end(answer);
  });
  // What runs of a deleted job is stopped.
  process.env.AWS_ENDPOINT_URL_SFN = site.url("");
  process.env.STATE_MACHINE_ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:media";
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL_SFN;
  delete process.env.STATE_MACHINE_ARN;
  await storage[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  files.clear();
  meanwhile.clear();
  files
    .set("/", '{"stopDate":1}')
    .set("/film.mp4", sample)
    .set("/page", "<!doctype html><html><title>x</title><body>A page</body></html>");
  for (const name of [
    "YT_DLP_PATH",
    "YT_DLP_COOKIES",
    "DISABLE_ASR_FALLBACK",
    "MAX_URL_SIZE_MB",
    "MAX_DURATION_MINUTES",
  ]) {
    delete process.env[name];
  }
  process.env.FETCH_ALLOW_HOSTS = site.host;
  process.env.DOWNLOAD_TIMEOUT_SECONDS = "5";
});

async function start(path: string, given: Partial<JobOptions> = {}) {
  const ref = { tenant, jobId: newJobId() };
  const options = jobOptionsSchema.parse({ url: site.url(path), ...given });
  const upload = { key: keys.upload(ref), sizeBytes: 0 };
  await createJob(jobRecord({ ...ref, status: "queued", upload, fileName: path, options }));
  const executionName = `${ref.jobId}-test`;
  const job = { ...ref, bucket: "uploads", key: keys.upload(ref), etag: "", sizeBytes: 0, options, webhook: false };
  return { job, executionName, workPrefix: keys.workPrefix(executionName) };
}

/** A yt-dlp that says what a site would make the real one say, and notes how often, with what and where it ran. */
async function standInYtDlp(output: string, { status = 0, stderr = "" } = {}): Promise<() => Promise<string[]>> {
  const log = join(directory, "runs.log");
  const path = join(directory, "yt-dlp");
  await writeFile(log, "");
  await writeFile(join(directory, "output"), output);
  await writeFile(join(directory, "stderr"), stderr);
  await writeFile(
    path,
    `#!/bin/sh\necho "$(env | sort | tr '\\n' ' ') -- $*" >> ${log}\ncat ${directory}/stderr >&2\ncat ${directory}/output\nexit ${status}\n`,
  );
  await chmod(path, 0o755);
  process.env.YT_DLP_PATH = path;
  return async () => (await readFile(log, "utf8")).split("\n").filter((line) => line !== "");
}

const info = (fields: Record<string, unknown>) =>
  JSON.stringify({ title: "A film", url: site.url("/film.mp4"), protocol: "http", format_id: "1", ...fields });

describe("fetching a media file", () => {
  it("stores it as the job's upload, once, however often the step is repeated", async () => {
    const event = await start("/film.mp4");
    const output = await handler(event, context);
    expect(output).toMatchObject({ listed: false, job: { sizeBytes: sample.length, options: event.job.options } });
    expect((await buffer(await openObject("uploads", event.job.key))).equals(sample)).toBe(true);
    expect(await handler(event, context)).toEqual(output);
    expect(site.asked("/film.mp4")).toBe(1);
  });

  it("leaves nothing behind where the file is too large, and holds a part of it at most", async () => {
    process.env.MAX_URL_SIZE_MB = "0.05";
    const event = await start("/film.mp4");
    await expect(handler(event, context)).rejects.toMatchObject({ code: "source.too_large" });
    expect(await headObject("uploads", event.job.key)).toBeUndefined();
    expect(await Array.fromAsync(listKeys("results", event.workPrefix))).toEqual([]);
  });

  it.each([
    ["an empty file", "", "source.not_media"],
    ["a picture", Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), "source.not_media"],
    ["JSON", '{"error": "gone"}', "source.not_media"],
    ["a text", "Dear diary,", "source.not_media"],
    ["a bot wall", "<html><title>Just a moment...</title><body>Checking your browser</body></html>", "source.blocked"],
    ["a page, where there is no yt-dlp", "<html><body>A page</body></html>", "source.tool_missing"],
  ])("refuses %s", async (_, body, code) => {
    files.set("/odd", body);
    const { PATH } = process.env;
    process.env.PATH = directory;
    await rm(join(directory, "yt-dlp"), { force: true });
    try {
      await expect(handler(await start("/odd"), context)).rejects.toMatchObject({ code });
    } finally {
      process.env.PATH = PATH;
    }
    expect(site.asked("/odd")).toBeGreaterThan(0);
  });

  it.each([
    ["other bytes", false],
    ["the same bytes", true],
  ])("keeps what an earlier attempt recognised only of %s", async (_, same) => {
    const event = await start("/film.mp4");
    const { job } = await handler(event, context);
    // What the later steps leave of an attempt that failed: results, and the version that they are of.
    await updateJob(job, () => ({ object: { etag: job.etag, sizeBytes: job.sizeBytes } }));
    await deleteObject("results", keys.fetched(event.workPrefix));
    await putObject("results", keys.result(event.workPrefix, 0), "{}", "application/json");
    // A site that puts other advertisements in front every time.
    if (!same) files.set("/film.mp4", Buffer.concat([sample, Buffer.alloc(8)]));
    await handler(event, context);
    expect((await headObject("results", keys.result(event.workPrefix, 0))) !== undefined).toBe(same);
    expect((await handler(event, context)).job.sizeBytes).toBe(same ? sample.length : sample.length + 8);
  });

  it.each([
    ["a media file", "/film.mp4"],
    ["a page with captions", "/page"],
  ])("leaves nothing of a job that was deleted while %s was stored", async (_, path) => {
    files.set("/en.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nGone\n");
    await standInYtDlp(info({ subtitles: { en: [{ ext: "vtt", url: site.url("/en.vtt") }] } }));
    const event = await start(path);
    const { job } = event;
    meanwhile.set("/film.mp4", async () => deleteJob(await readJob(job)));
    await expect(handler(event, context)).rejects.toMatchObject({ code: "job.not_found" });
    expect(await Array.fromAsync(listKeys("uploads", keys.uploadsOf(job)))).toEqual([]);
  });

  it("DOWNLOAD_TIMEOUT_SECONDS: waits so long for a server that says nothing", async () => {
    process.env.DOWNLOAD_TIMEOUT_SECONDS = "0.1";
    meanwhile.set("/film.mp4", () => new Promise<void>((resolve) => setTimeout(resolve, 3_000)));
    await expect(handler(await start("/film.mp4"), context)).rejects.toMatchObject({ code: "source.too_slow" });
  });

  it("says when the step's own time is over", async () => {
    const event = await start("/film.mp4");
    const late = { getRemainingTimeInMillis: () => 15_000 };
    await expect(handler(event, late)).rejects.toMatchObject({ code: "source.too_slow" });
  });
});

describe("fetching from a site", () => {
  it.each([
    ["Sign in to confirm you’re not a bot. Use --cookies-from-browser", "source.blocked"],
    ["[youtube] abc: Private video. Sign in if you've been granted access to this video", "source.private"],
    ["[youtube] abc: Join this channel to get access to members-only content like this video", "source.private"],
    ["[youtube] abc: Video unavailable. This video has been removed by the uploader", "source.not_found"],
    ["[youtube] abc: This live event will begin in 3 hours.", "source.live"],
    ["[youtube] abc: The uploader has not made this video available in your country", "source.blocked"],
    ["[x] abc: This video is not available from your location due to geo restriction", "source.blocked"],
    [
      "[x] abc: Unable to download API page: HTTP Error 429: Too Many Requests (caused by <HTTPError>)",
      "source.blocked",
    ],
    ["[youtube] abc: Sign in to confirm your age. This video may be inappropriate for some users.", "source.private"],
    ["unable to download video data: HTTP Error 403: Forbidden", "source.blocked"],
    ["[generic] Unable to download webpage: HTTP Error 404: Not Found", "source.not_found"],
    ["Unsupported URL: https://example.com/", "source.not_media"],
    ["[x] Unable to download webpage: The read operation timed out", "source.too_slow"],
  ])("%s: %s, after one try", async (complaint, code) => {
    const runs = await standInYtDlp("null", { status: 1, stderr: `WARNING: hm\nERROR: ${complaint}\n` });
    await expect(handler(await start("/page"), context)).rejects.toMatchObject({ code });
    expect(await runs()).toHaveLength(1);
  });

  it("gives yt-dlp a closed environment, a copy of the cookies, and no way around the proxy", async () => {
    process.env.YT_DLP_COOKIES = join(directory, "cookies.txt");
    await writeFile(process.env.YT_DLP_COOKIES, "# Netscape HTTP Cookie File\n");
    const runs = await standInYtDlp(info({}));
    await handler(await start("/page"), context);
    const [run = ""] = await runs();
    const [environment = "", args = ""] = run.split(" -- ");
    expect(environment).not.toMatch(/AWS_|BUCKET|secret|NODE_/);
    expect(environment).toMatch(/https_proxy=http:\/\/halfgig:[0-9a-f]{48}@127\.0\.0\.1:\d+/);
    expect(environment).toContain("YTDLP_NO_PLUGINS=1");
    expect(args).toContain("--ignore-config");
    expect(args).not.toMatch(/halfgig:/);
    expect(args).toMatch(/--cookies \S+yt-dlp-\S+cookies\.txt/);
    expect(args).not.toContain(process.env.YT_DLP_COOKIES);
  });

  it("finds none of the programs that yt-dlp would give a site's addresses to: they know of no proxy", async () => {
    const path = join(directory, "yt-dlp");
    const found = join(directory, "found");
    const players = ["mplayer", "mpv", "rtmpdump", "phantomjs"];
    const asked = players.map((name) => `command -v ${name} >/dev/null && { ${name} -h || echo no; }`).join("\n");
    await writeFile(path, `#!/bin/sh\n{\n${asked}\n} >${found} 2>&1\necho null\n`);
    await chmod(path, 0o755);
    process.env.YT_DLP_PATH = path;
    await expect(handler(await start("/page"), context)).rejects.toThrow();
    expect(await readFile(found, "utf8")).toBe("no\n".repeat(players.length));
  });

  it.each([
    ["a live stream", { is_live: true }, "source.live"],
    ["one that is to come", { live_status: "is_upcoming" }, "source.live"],
    ["a film that is too long", { duration: 36 * 3600 }, "media.too_long"],
    ["media on an inner address", { url: "http://169.254.169.254/latest/" }, "source.forbidden_address"],
    ["media in a file", { url: "file:///etc/passwd" }, "source.forbidden_url"],
    [
      "captions on an inner address",
      { subtitles: { en: [{ ext: "vtt", url: "http://10.0.0.1/" }] } },
      "source.forbidden_address",
    ],
    ["no media at all", { url: undefined, format_id: null }, "source.not_media"],
  ])("refuses %s", async (_, fields, code) => {
    const runs = await standInYtDlp(info(fields));
    await expect(handler(await start("/page"), context)).rejects.toMatchObject({ code });
    expect(await runs()).toHaveLength(1);
  });

  it("makes no jobs of addresses in a list that no job can have", async () => {
    const entries = [{ url: "" }, { url: `${site.url("/")}${"x".repeat(5000)}` }];
    await standInYtDlp(JSON.stringify({ _type: "playlist", title: "A list", entries }));
    await expect(handler(await start("/page"), context)).rejects.toMatchObject({ code: "source.not_media" });
    expect((await listJobs(tenant, { limit: 5 })).jobs).toHaveLength(5);
  });

  it("takes of a title what a person can read", async () => {
    await standInYtDlp(info({ title: `\u001b[2JA film ${"x".repeat(1_000_000)}` }));
    const { job } = await handler(await start("/page"), context);
    const { fileName, source } = await readJob(job);
    expect(fileName).toMatch(/^ \[2JA film x+$/);
    expect(fileName.length).toBe(300);
    expect(source?.title).toBe(fileName);
  });

  it("prefers manual captions in the wanted language, and stores them as a transcript", async () => {
    files.set("/manual.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nBonjour\n");
    const tracks = (path: string) => [{ ext: "vtt", url: site.url(path) }];
    await standInYtDlp(
      info({
        subtitles: { en: tracks("/none.vtt"), "fr-CA": tracks("/manual.vtt") },
        automatic_captions: { fr: tracks("/none.vtt") },
      }),
    );
    const event = await start("/page", { captionLanguages: ["fr", "en"], mode: "exact", beamSize: 2 });
    const { job } = await handler(event, context);
    expect(job.options).toMatchObject({ mode: "parallel", transcript: { format: "json" } });
    expect(job.options.beamSize).toBeUndefined();
    const stored = await buffer(await openObject("uploads", keys.givenTranscript(job)));
    expect(JSON.parse(stored.toString())).toEqual({
      language: "fr",
      segments: [{ start: 1, end: 2, text: "Bonjour" }],
    });
    expect(await readJob(job)).toMatchObject({
      fileName: "A film",
      source: { title: "A film", captions: { language: "fr-CA", automatic: false } },
    });
  });

  it("reads the automatic captions of what is spoken, and not their translations", async () => {
    const event = (text: string, tStartMs: number) => ({ tStartMs, dDurationMs: 5000, segs: [{ utf8: text }] });
    files.set("/auto", JSON.stringify({ events: [event("one two", 0), event("\n", 1000), event("three", 2000)] }));
    const automatic = {
      ar: [{ ext: "json3", url: site.url("/x") }],
      "en-orig": [{ ext: "json3", url: site.url("/auto") }],
    };
    await standInYtDlp(info({ automatic_captions: automatic }));
    const { job } = await handler(await start("/page"), context);
    const stored = await buffer(await openObject("uploads", keys.givenTranscript(job)));
    expect(JSON.parse(stored.toString())).toEqual({
      language: "en",
      segments: [
        { start: 0, end: 2, text: "one two" },
        { start: 2, end: 7, text: "three" },
      ],
    });
    expect((await readJob(job)).source?.captions).toEqual({ language: "en", automatic: true });
  });

  it.each([
    ["that cannot be had", "/gone.vtt"],
    ["that cannot be read", "/film.mp4"],
    ["that are too much for a transcript", "/quotes.vtt"],
  ])("goes without captions %s, unless they are required", async (_, path) => {
    // Each of these characters is two in JSON.
    files.set("/quotes.vtt", `WEBVTT\n${`\n00:01.000 --> 00:02.000\n${'"'.repeat(1000)}\n`.repeat(3000)}`);
    await standInYtDlp(info({ subtitles: { en: [{ ext: "vtt", url: site.url(path) }] } }));
    const { job } = await handler(await start("/page"), context);
    expect(job.options.transcript).toBeUndefined();
    const strict = await start("/page", { captions: "require" });
    await expect(handler(strict, context)).rejects.toMatchObject({ code: "source.no_captions" });
  });

  it("lets yt-dlp put together what is not one file", async () => {
    const runs = await standInYtDlp(info({ protocol: "m3u8_native", url: site.url("/list.m3u8") }));
    // The stand-in says the same whatever it is asked: its description is no media, and must not be stored.
    await expect(handler(await start("/page"), context)).rejects.toMatchObject({ code: "source.not_media" });
    expect((await runs()).at(-1)).toMatch(/ -f 1 -o - .* -- http/);
  });
});
