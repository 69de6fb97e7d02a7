import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ffmpegPath } from "../../layers/media/index.ts";
import { type DemoHost, openDemoHost } from "../e2e/support/demo-host.ts";
import { sample } from "../e2e/support/media.ts";
import { sendAndWait } from "../e2e/support/send.ts";
import { violations } from "./support/accessibility.ts";
import { chromiumPath, launchChromium, openPage } from "./support/browser.ts";

const here = chromiumPath() !== undefined;
const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

describe.skipIf(!here)("the page, in Chromium (skipped where there is none)", () => {
  let demo: DemoHost;
  let browser: Browser;
  /** A job with words and voices. */
  let jobId: string;
  beforeAll(async () => {
    [demo, browser] = await Promise.all([openDemoHost({ VOICE_MODEL: "demo" }), launchChromium()]);
    ({ jobId } = await sendAndWait(demo.api, sample.english, { tasks: ["transcribe", "voice"], words: true }));
  });
  afterAll(async () => {
    await browser.close();
    await demo[Symbol.asyncDispose]();
  });
  const open = (options: Parameters<typeof openPage>[2] = {}) => openPage(browser, demo.host, options);
  const playedSeconds = (page: Page) => page.locator("video").evaluate("(video) => video.currentTime") as Promise<number>;

  it("takes a file, follows the work as it goes, and shows the text", async () => {
    await using opened = await open();
    const { page, complaints } = opened;
    const said: string[] = [];
    const streams: string[] = [];
    page.on("response", (reply) => {
      if (reply.url().endsWith("/events")) streams.push(reply.headers()["content-type"] ?? "");
    });
    await page.exposeFunction("hear", (text: string) => said.push(text));
    await page.locator('input[type="file"]').setInputFiles(sample.german);
    await page.getByRole("link", { name: "Open" }).click();
    await page.evaluate(`(() => {
      const look = () => hear(document.querySelector(".live")?.textContent ?? document.querySelector(".status")?.textContent ?? "");
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
      look();
    })()`);
    await page.locator(".segment").first().waitFor();
    expect(streams).toContain("text/event-stream");
    expect(said.join(" ")).toMatch(/Looking at the file|Recognised|Waiting/);
    expect(await page.locator(".segments").innerText()).toMatch(/eins zwei drei/i);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("digits.de.ogg");
    expect(complaints).toEqual([]);
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
    await page.waitForFunction("document.querySelector('video')?.readyState >= 1");
    const word = page.locator(".spot", { hasText: /^five$/ });
    await word.click();
    await page.waitForFunction("!document.querySelector('video').paused");
    const startSeconds = Number(await word.getAttribute("data-start")) / 1000;
    expect(await playedSeconds(page)).toBeGreaterThanOrEqual(startSeconds);
    expect(await playedSeconds(page)).toBeLessThan(startSeconds + 5);
    await page.locator(".segment.now").waitFor();
    await page.locator("video").evaluate("(video) => video.pause()");
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
      [".waveform", ".strip.voice", ".strip.language", ".strip.coverage"].map((name) => page.locator(name).boundingBox()),
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
    await page.waitForFunction("document.querySelector('video').textTracks[0]?.cues?.length === 3");
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
    await page.locator('input[type="file"]').setInputFiles(path);
    await page.waitForFunction("document.querySelector('.upload progress')?.value >= 5 * 1048576");
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
    await page.waitForFunction("document.querySelector('video')?.currentTime >= 0.5");
  });

  it("shows each function's memory against its allocation", async () => {
    await using opened = await open({ path: "/machine" });
    const row = opened.page.getByRole("row", { name: /^infer / });
    await row.waitFor();
    expect(await row.innerText()).toMatch(/\d+ MiB\s+512 MiB/);
  });

  it.each(["light", "dark"] as const)("has no violation of accessibility rules in any view, %s", async (colorScheme) => {
    for (const path of ["/", `/jobs/${jobId}`, "/search", "/machine"]) {
      await using opened = await open({ path, colorScheme });
      const { page } = opened;
      await page.locator(path.startsWith("/jobs/") ? ".waveform canvas" : "h1").first().waitFor();
      await page.waitForLoadState("networkidle");
      expect(await violations(page), path).toEqual([]);
      if (!path.startsWith("/jobs/")) continue;
      await page.getByRole("button", { name: "Edit text" }).click();
      expect(await violations(page), "editing").toEqual([]);
    }
  });

  it("fits a phone", async () => {
    for (const path of ["/", `/jobs/${jobId}`, "/search", "/machine"]) {
      await using opened = await open({ path, ...phone });
      const { page } = opened;
      await page.locator(path.startsWith("/jobs/") ? ".segment" : "h1").first().waitFor();
      await page.waitForLoadState("networkidle");
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBe(phone.viewport.width);
    }
  });
});
