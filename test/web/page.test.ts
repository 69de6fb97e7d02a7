import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { putFile } from "../../cli/client.ts";
import { ffmpegPath } from "../../layers/media/index.ts";
import type { Job, JobPage, Peaks, Transcript } from "../../web/api/types.ts";
import { type DemoHost, openDemoHost } from "../e2e/support/demo-host.ts";
import { sample } from "../e2e/support/media.ts";
import { sendAndWait } from "../e2e/support/send.ts";
import { calledBy } from "../support/caller.ts";
import { violations } from "./support/accessibility.ts";
import { chromiumPath, launchChromium, openPage, until } from "./support/browser.ts";

const here = chromiumPath() !== undefined;

let demo: DemoHost;
/** A job with words and voices. */
let jobId: string;
beforeAll(async () => {
  demo = await openDemoHost({ VOICE_MODEL: "demo" });
  ({ jobId } = await sendAndWait(demo.api, sample.english, { tasks: ["transcribe", "voice"], words: true }));
}, 120_000);
afterAll(() => demo[Symbol.asyncDispose]());

describe("the page's own routes", () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(demo.host.url + path, { headers: { authorization: `Bearer ${demo.host.accessToken}`, ...headers } });

  it("give an address that plays the file by ranges, without a token, as what it is", async () => {
    const media = (await (await get(`/v1/jobs/${jobId}/media`)).json()) as { url: string; hasVideo: boolean };
    expect(media).toMatchObject({ hasVideo: true, contentType: "video/mp4" });
    const reply = await fetch(media.url, { headers: { range: "bytes=4-11" } });
    expect([reply.status, reply.headers.get("content-type")]).toEqual([206, "video/mp4"]);
    expect(await reply.text()).toMatch(/^ftyp/);
  });

  it("say that a file is not kept, where only its transcript came", async () => {
    const text = "1\n00:00:01,000 --> 00:00:02,000\nalone\n";
    const sha256 = createHash("sha256").update(text).digest("hex");
    const body = JSON.stringify({
      fileName: "talk.srt",
      options: { transcript: { format: "srt", sizeBytes: text.length, sha256 } },
    });
    const headers = { authorization: `Bearer ${demo.host.accessToken}` };
    const begun = await fetch(`${demo.host.url}/v1/uploads`, { method: "POST", headers, body });
    const { jobId: alone, transcript } = (await begun.json()) as {
      jobId: string;
      transcript: { url: string; headers: Record<string, string> };
    };
    await fetch(transcript.url, { method: "PUT", headers: transcript.headers, body: text });
    expect((await demo.api.wait(alone, () => undefined)).status).toBe("done");
    expect((await get(`/v1/jobs/${alone}/peaks.json`)).status).toBe(404);
    const reply = await get(`/v1/jobs/${alone}/media`);
    expect(reply.status).toBe(404);
    expect(await reply.json()).toMatchObject({ code: "media.not_kept", detail: expect.stringContaining(alone) });
  });

  it("tell how loud the audio is in a few numbers", async () => {
    const { durationMs, stepMs, peaks } = (await (await get(`/v1/jobs/${jobId}/peaks.json`)).json()) as Peaks;
    expect(durationMs).toBeCloseTo(15_040, -2);
    expect(peaks.length).toBe(Math.ceil(durationMs / stepMs));
    expect(Math.max(...peaks)).toBeGreaterThan(20);
    expect(Math.min(...peaks)).toBeLessThan(3);
  });

  it("sign the calls of S3 that Uppy makes, and no other", async () => {
    const { jobId: sending } = await demo.api.requestParts({ fileName: "a.wav", sizeBytes: 6_000_000, options: {} });
    const { url } = (await (await get(`/v1/uploads/${sending}/signed/list`)).json()) as { url: string };
    expect(await (await fetch(url)).text()).toContain("<ListPartsResult");
    expect((await get(`/v1/uploads/${sending}/signed/abort`)).status).toBe(400);
    const other = ((await (await get(`/v1/uploads/${sending}/signed/complete`)).json()) as { url: string }).url;
    expect((await fetch(other, { method: "POST", body: "<CompleteMultipartUpload/>" })).status).toBe(400);
    expect((await get(`/v1/uploads/${jobId}/signed/list`)).status).toBe(400);
  });

  it("stream a job as events that end with it, and tell nothing twice", async () => {
    const reply = await get(`/v1/jobs/${jobId}/events`, { accept: "text/event-stream" });
    const text = await reply.text();
    expect(reply.headers.get("content-type")).toBe("text/event-stream");
    const id = /^id: (.+)$/m.exec(text)?.[1] ?? "";
    expect(JSON.parse(/^data: (.+)$/m.exec(text)?.[1] ?? "")).toMatchObject({ jobId, status: "done" });
    expect((await get("/v1/jobs/j0000000000000000000000/events")).status).toBe(404);
    expect((await fetch(`${demo.host.url}/v1/jobs/${jobId}/events`)).status).toBe(401);
    const again = await demo.host.lambda.invoke("events", {
      ...{ headers: { "last-event-id": id }, pathParameters: { jobId } },
      ...calledBy(),
    });
    expect(again).toMatchObject({ statusCode: 200, body: "retry: 1500\n\n" });
  });
});

describe.skipIf(!here)("the page, in Chromium (skipped where there is none)", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  const open = (options: Parameters<typeof openPage>[2] = {}) => openPage(browser, demo.host, options);
  const playedSeconds = (page: Page) => page.evaluate<number>("document.querySelector('video').currentTime");

  it("takes a file, and shows its text", async () => {
    await using opened = await open();
    const { page, complaints } = opened;
    await page.locator('input[type="file"]').setInputFiles(sample.german);
    await page.getByRole("link", { name: "Open" }).click();
    await page.locator(".segment").first().waitFor();
    expect(await page.locator(".segments").innerText()).toMatch(/eins zwei drei/i);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("digits.de.ogg");
    expect(complaints).toEqual([]);
  });

  it("follows a job from the file's arrival to the text, by events alone", async () => {
    const { size } = await stat(sample.german);
    const reply = await demo.api.requestUpload({ fileName: "later.ogg", sizeBytes: size, options: {} });
    await using opened = await open({ path: `/jobs/${reply.jobId}` });
    const { page } = opened;
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.getByText("The file is not here yet.").waitFor();
    if (!reply.upload) throw new Error("no address was given");
    await putFile(sample.german, size, reply.upload, () => undefined);
    await page.locator(".segment").first().waitFor();
    expect(await page.locator(".status").innerText()).toBe("done");
    expect(asked).not.toContain(`/v1/jobs/${reply.jobId}`);
  });

  it("asks again and again where no events are streamed", async () => {
    await using opened = await open({ path: "/machine" });
    const { page } = opened;
    await page.route("**/events", (route) => route.fulfill({ status: 404, json: { message: "Not Found" } }));
    await page.goto(`${demo.host.url}/#/jobs/${jobId}`);
    await page.locator(".segment").first().waitFor();
  });

  it("keeps the token out of the address, and asks for it in a new tab", async () => {
    await using opened = await open();
    expect(opened.page.url()).not.toContain(demo.host.accessToken);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(demo.host.url);
    await page.getByLabel("Access token").fill("hg_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(await page.getByRole("alert").innerText()).toContain("did not accept this token");
    await page.getByLabel("Access token").fill(demo.host.accessToken);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Recordings" }).waitFor();
    await context.close();
  });

  it("plays from a word, and marks what is played", async () => {
    await using opened = await open({ path: `/jobs/${jobId}` });
    const { page, complaints } = opened;
    await until(page, "document.querySelector('video')?.readyState >= 1");
    const word = page.locator(".spot", { hasText: /^five$/ });
    await word.click();
    await until(page, "!document.querySelector('video').paused");
    const startSeconds = Number(await word.getAttribute("data-start")) / 1000;
    expect(await playedSeconds(page)).toBeGreaterThanOrEqual(startSeconds);
    expect(await playedSeconds(page)).toBeLessThan(startSeconds + 5);
    await page.locator(".segment.now").waitFor();
    await page.evaluate("document.querySelector('video').pause()");
    // By keyboard: one stop of Tab, then arrows, then Enter.
    await page.locator('.spot[tabindex="0"]').first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await page.locator(".spot:focus").innerText()).toBe("seven");
    expect(await playedSeconds(page)).toBeGreaterThan(10);
    expect(complaints).toEqual([]);
  });

  it("draws waveform, voices, language and coverage on one scale, and says what the verdict means", async () => {
    await using opened = await open({ path: `/jobs/${jobId}` });
    const { page } = opened;
    await page.locator(".waveform canvas").first().waitFor();
    const widths = await Promise.all(
      [".waveform", ".strip.voice", ".strip.language", ".strip.coverage"].map((name) =>
        page.locator(name).boundingBox(),
      ),
    );
    for (const box of widths) {
      expect(box?.x).toBeCloseTo(widths[0]?.x ?? -1, 0);
      expect(box?.width).toBeCloseTo(widths[0]?.width ?? -1, 0);
    }
    expect(await page.locator(".strip.voice span").count()).toBeGreaterThan(0);
    expect(await page.locator(".strip.coverage .speech").count()).toBe(3);
    const verdict = page.getByRole("region", { name: "Voices" });
    expect(await verdict.innerText()).toMatch(/No verdict|Synthetic/);
    expect(await verdict.innerText()).toContain("A demo detector judged");
    // Subtitles are in the player.
    await until(page, "document.querySelector('video').textTracks[0]?.cues?.length === 3");
  });

  /** A page of the job as it would be with a line that is judged invented, and 3.5 s of voice without text. */
  async function openDoubtful() {
    const opened = await open({ path: "/machine" });
    await opened.page.route("**/transcript.json", async (route) => {
      const reply = await route.fetch();
      const transcript = (await reply.json()) as Transcript;
      const hallucination = { verdict: "likely", signs: ["no_speech", "no_voice"], voiceShare: 0, repeats: 0 } as const;
      transcript.segments[1]!.hallucination = { ...hallucination, signs: [...hallucination.signs] };
      const { durationMs } = transcript.source;
      transcript.ledger.intervals = [
        { startMs: 0, endMs: 7_000, kind: "speech" },
        { startMs: 7_000, endMs: 10_500, kind: "unrecognised", reason: "voice_without_text" },
        { startMs: 10_500, endMs: durationMs, kind: "speech" },
      ];
      Object.assign(transcript.ledger.totalsMs, { speech: durationMs - 3_500, unrecognised: 3_500 });
      await route.fulfill({ json: transcript });
    });
    await opened.page.goto(`${demo.host.url}/#/jobs/${jobId}`);
    await opened.page.locator(".segment").first().waitFor();
    return opened;
  }

  it("leaves out what nobody is believed to have said, until somebody asks for it", async () => {
    await using opened = await openDoubtful();
    const { page, complaints } = opened;
    const srt = async () => {
      const [saved] = await Promise.all([page.waitForEvent("download"), page.getByLabel("Save as SRT").click()]);
      return readFile(await saved.path(), "utf8");
    };
    await page.getByText("1 line is left out, because nobody is believed to have said so.").waitFor();
    expect(await page.locator(".segments").innerText()).not.toContain("four");
    expect(await srt()).not.toContain("four");
    await until(page, "document.querySelector('video')?.textTracks[0]?.cues?.length === 2");
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Show what is left out" }).click();
    expect(await page.locator(".segments").innerText()).toMatch(/four.*five.*six/s);
    expect(await page.locator(".tag.doubtful").count()).toBe(1);
    expect(await srt()).toContain("four five six");
    await until(page, "document.querySelector('video')?.textTracks[0]?.cues?.length === 3");
    await page.getByRole("button", { name: "Leave it out" }).click();
    expect(await page.locator(".segment").count()).toBe(2);
    const [json] = await Promise.all([page.waitForEvent("download"), page.getByLabel("Save as JSON").click()]);
    expect(await readFile(await json.path(), "utf8")).toContain("four five six");
    expect(complaints).toEqual([]);
  });

  it("prints a line that somebody has corrected, whatever it was judged", async () => {
    await using opened = await openDoubtful();
    const { page } = opened;
    await page.getByRole("button", { name: "Show what is left out" }).click();
    await page.getByRole("button", { name: "Edit text" }).click();
    await page.getByLabel("Text at 0:03").fill("four and five");
    await page.getByRole("button", { name: "Done editing" }).click();
    await page.getByText("four and five").waitFor();
    expect(await page.locator(".left-out").count()).toBe(0);
  });

  it("says where a voice has no text, and plays it at a click", async () => {
    await using opened = await openDoubtful();
    const { page, complaints } = opened;
    const strip = page.locator(".strip-row", { has: page.locator(".strip.coverage") });
    expect(await strip.innerText()).toContain("0:03.5 of voice without text");
    expect(await strip.innerText()).not.toContain("nothing is missing");
    expect(await page.locator(".strip.coverage .unrecognised").getAttribute("title")).toBe(
      "0:07–0:10 voice without text: a voice is heard, but no words came of it",
    );
    const coverage = page.getByRole("region", { name: "Coverage" });
    expect(await coverage.innerText()).toContain("Where a voice is heard without text");
    await until(page, "document.querySelector('video')?.readyState >= 1");
    await coverage.getByRole("button", { name: "Play 0:07.0–0:10.5" }).click();
    await until(page, "!document.querySelector('video').paused");
    expect(await playedSeconds(page)).toBeGreaterThanOrEqual(7);
    expect(await playedSeconds(page)).toBeLessThan(10.5);
    expect(complaints).toEqual([]);
  });

  it("says that nothing is missing where nothing is", async () => {
    await using opened = await open({ path: `/jobs/${jobId}` });
    const strip = opened.page.locator(".strip-row", { has: opened.page.locator(".strip.coverage") });
    expect(await strip.innerText()).toContain("nothing is missing");
  });

  it("names all languages that are spoken, in the list and on the recording's own page", async () => {
    await using opened = await open({ path: "/machine" });
    const { page } = opened;
    const languages = [
      { code: "en", share: 0.6 },
      { code: "de", share: 0.4 },
    ];
    await page.route(/\/v1\/jobs\?/, async (route) => {
      const { jobs, next } = (await (await route.fetch()).json()) as JobPage;
      await route.fulfill({ json: { jobs: jobs.map((job) => ({ ...job, languages })), next } });
    });
    await page.route("**/events", (route) => route.fulfill({ status: 404, json: { message: "Not Found" } }));
    await page.route(`**/v1/jobs/${jobId}`, async (route) => {
      await route.fulfill({ json: { ...((await (await route.fetch()).json()) as Job), languages } });
    });
    await page.goto(`${demo.host.url}/#/`);
    await page.getByText("English, German").first().waitFor();
    await page.goto(`${demo.host.url}/#/jobs/${jobId}`);
    await page.locator(".segment").first().waitFor();
    expect(await page.locator(".facts-panel").innerText()).toMatch(/English\s+60%\s+German\s+40%/);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  it("keeps edits over a reload, and saves them", async () => {
    await using opened = await open({ path: `/jobs/${jobId}` });
    const { page } = opened;
    await page.getByRole("button", { name: "Edit text" }).click();
    await page.getByLabel("Text at 0:03").fill("four <five> six!");
    await page.reload();
    await page.getByText("four <five> six!").waitFor();
    const [srt] = await Promise.all([page.waitForEvent("download"), page.getByLabel("Save as SRT").click()]);
    expect(srt.suggestedFilename()).toBe("digits.srt");
    const own = (await demo.api.transcript(jobId, "srt")).replace("four five six", "four <five> six!");
    expect(await readFile(await srt.path(), "utf8")).toBe(own);
    await page.getByRole("button", { name: "Discard edits" }).click();
    const [json] = await Promise.all([page.waitForEvent("download"), page.getByLabel("Save as JSON").click()]);
    expect(await readFile(await json.path(), "utf8")).toBe(await demo.api.transcript(jobId, "json"));
  });

  it("says so where a part of it cannot be loaded, and goes on where it can be again", async () => {
    await using opened = await open({ path: `/jobs/${jobId}` });
    const { page } = opened;
    await page.getByText("four five six").waitFor();
    await page.route(/\/assets\/export-/, (route) => route.abort());
    await page.reload();
    await page.getByText("four five six").waitFor();
    await page.getByLabel("Save as SRT").click();
    await page.getByRole("alert").getByText("Reload the page").waitFor();
    await page.unroute(/\/assets\/export-/);
    await page.reload();
    const [srt] = await Promise.all([page.waitForEvent("download"), page.getByLabel("Save as SRT").click()]);
    expect(await readFile(await srt.path(), "utf8")).toBe(await demo.api.transcript(jobId, "srt"));
  });

  it("goes on with an upload that a reload interrupted, and sends no part twice", async () => {
    const path = join(demo.directory, "long.wav");
    await promisify(execFile)(ffmpegPath(), [
      ...["-v", "error", "-y", "-stream_loop", "1", "-i", sample.english, "-vn", "-ac", "2", "-ar", "96000"],
      ...["-c:a", "pcm_s16le", path],
    ]);
    await using opened = await open();
    const { page, complaints } = opened;
    const sent: string[] = [];
    let hold = true;
    await page.route(/partNumber=\d/, async (route) => {
      const part = /partNumber=(\d+)/.exec(route.request().url())?.[1] ?? "";
      if (route.request().method() !== "PUT") return route.continue();
      // The second part is on its way when the page goes.
      if (part !== "1" && hold) return;
      sent.push(part);
      await route.continue();
    });
    // Its bytes have gone before S3 has it.
    const kept = page.waitForResponse(
      (reply) => /partNumber=1\b/.test(reply.url()) && reply.request().method() === "PUT",
    );
    await page.locator('input[type="file"]').setInputFiles(path);
    expect((await kept).status()).toBe(200);
    await until(page, "document.querySelector('.upload progress')?.value >= 5 * 1048576");
    page.on("dialog", (dialog) => void dialog.accept());
    await page.reload();
    hold = false;
    await page.getByText("The upload of “long.wav” was interrupted.").waitFor();
    await page.locator('input[type="file"]').setInputFiles(path);
    await page.getByRole("link", { name: "Open" }).click({ timeout: 20_000 });
    expect(sent).toEqual(["1", "2", "3"]);
    await page.locator(".segment").first().waitFor({ timeout: 30_000 });
    expect(await page.locator(".segment").count()).toBe(6);
    expect(complaints).toEqual([]);
  });

  it("says what is wrong with a file, what to do, and where it ended", async () => {
    const path = join(demo.directory, "notes.mp4");
    await writeFile(path, "Dear diary, this is not a film.\n".repeat(100));
    await using opened = await open();
    const { page } = opened;
    await page.locator('input[type="file"]').setInputFiles(path);
    await page.getByRole("link", { name: "Open" }).click();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toContain("This is not audio or video");
    expect(await alert.innerText()).toContain("media.not_media");
    expect(await page.getByRole("button", { name: "Try again" }).isVisible()).toBe(true);
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.getByRole("heading", { name: "Recordings" }).waitFor();
    await page.getByRole("link", { name: "digits.mp4" }).first().waitFor();
    expect(await page.getByRole("link", { name: "notes.mp4" }).count()).toBe(0);
  });

  it("finds what was said, and jumps to the second", async () => {
    await using opened = await open({ path: "/search" });
    const { page } = opened;
    await page.getByLabel("Search in all recordings").fill("seven eight nine");
    await page.getByRole("button", { name: "Search" }).click();
    const hit = page.locator(".results a", { hasText: "digits.mp4" }).first();
    await hit.click();
    await page.locator(".segment.now").waitFor();
    await until(page, "document.querySelector('video')?.currentTime >= 0.5");
    // The waveform's cursor is where the recording is.
    await page.locator(".waveform canvas").first().waitFor();
    await until(
      page,
      `parseFloat(document.querySelector(".waveform > div").shadowRoot.querySelector(".cursor").style.left) > 1`,
    );
  });

  it("answers a question as it is written, with a way to where it is said", async () => {
    await using opened = await open({ path: "/search" });
    const { page } = opened;
    const replies: string[] = [];
    page.on("response", (reply) => replies.push(`${new URL(reply.url()).pathname} ${reply.headers()["content-type"]}`));
    await page.getByLabel("Search in all recordings").fill("Who says seven eight nine?");
    await page.getByRole("button", { name: "Ask" }).click();
    const answer = page.getByRole("region", { name: /^Answer/ });
    await answer.getByText("seven eight nine").first().waitFor();
    expect(replies.find((reply) => reply.startsWith("/v1/ask"))).toContain("text/event-stream");
    await answer
      .getByRole("listitem")
      .getByRole("link", { name: /digits\.mp4/ })
      .first()
      .click();
    await page.locator(".segment.now").waitFor();
  });

  it("shows each function's memory against its allocation", async () => {
    await using opened = await open({ path: "/machine" });
    const row = opened.page.getByRole("row", { name: /^infer / });
    await row.waitFor();
    expect(await row.innerText()).toMatch(/\d+ MiB\s+512 MiB/);
  });

  it.each(["/", "/jobs/", "/search?q=seven", "/machine"])(
    "%s breaks no rule of accessibility, light, dark and on a phone",
    async (place) => {
      await using opened = await open({ path: place === "/jobs/" ? `/jobs/${jobId}` : place });
      const { page } = opened;
      await page
        .locator(place === "/jobs/" ? ".waveform canvas" : "h1")
        .first()
        .waitFor();
      await page.waitForLoadState("networkidle");
      expect(await violations(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await violations(page), "dark").toEqual([]);
      await page.setViewportSize({ width: 360, height: 740 });
      if (place === "/jobs/") await page.getByRole("button", { name: "Edit text" }).click();
      expect(await violations(page), "phone").toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    },
  );
});
