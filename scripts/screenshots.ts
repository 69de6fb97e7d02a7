import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { projectRoot } from "../stacks/local/project-root.ts";
import { openDemoHost } from "../test/e2e/support/demo-host.ts";
import { sample } from "../test/e2e/support/media.ts";
import { sendAndWait } from "../test/e2e/support/send.ts";
import { chromiumPath, launchChromium, openPage } from "../test/web/support/browser.ts";

// Pictures of the page for the README, from the demo's sample: npm run screenshots
const folder = process.argv[2] ?? join(projectRoot, "docs", "images");
if (!chromiumPath()) throw new Error("There is no Chromium. Install one, or name it in CHROMIUM_PATH.");

await using demo = await openDemoHost({ VOICE_MODEL: "demo" });
const options = { tasks: ["transcribe" as const, "voice" as const], words: true };
const { jobId } = await sendAndWait(demo.api, sample.english, options);
await sendAndWait(demo.api, sample.german, { words: true });
const browser = await launchChromium();
const desk = { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1.5 };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
await picture(browser, "page.png", `/jobs/${jobId}?t=4.0`, desk);
await picture(browser, "page-dark.png", `/jobs/${jobId}?t=4.0`, { ...desk, colorScheme: "dark" });
await picture(browser, "page-phone.png", `/jobs/${jobId}?t=4.0`, phone);
await picture(browser, "page-files.png", "/", desk);
await browser.close();

async function picture(from: Browser, name: string, path: string, context: BrowserContextOptions): Promise<void> {
  await using opened = await openPage(from, demo.host, { path, ...context });
  const { page, complaints } = opened;
  await page
    .locator(path === "/" ? ".job .facts" : ".strip.coverage")
    .first()
    .waitFor();
  if (path !== "/") await page.locator(".waveform canvas").first().waitFor({ state: "attached" });
  await page.waitForTimeout(700);
  await page.evaluate("window.scrollTo(0, 0)");
  await page.screenshot({ path: join(folder, name), animations: "disabled" });
  console.log(join(folder, name), ...complaints);
}
