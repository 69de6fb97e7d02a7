import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { LocalHost } from "../../../stacks/local/host.ts";

/** Debian's Chromium, or the one that `CHROMIUM_PATH` names; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const candidates = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

export function launchChromium(): Promise<Browser> {
  // Whoever runs tests as root, as containers do, has no sandbox.
  return chromium.launch({
    executablePath: chromiumPath(),
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"],
  });
}

export type OpenedPage = AsyncDisposable & {
  page: Page;
  /** What the page should not do: errors of scripts, refusals of the security policy, requests to anybody else. */
  complaints: string[];
};

/** A fresh browser profile at the host's page, signed in by the link that `serve` prints. */
export async function openPage(
  browser: Browser,
  host: Pick<LocalHost, "url" | "s3Url" | "accessToken">,
  { path = "/", ...options }: BrowserContextOptions & { path?: string } = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A reply with an error status is a message too, and not one of the page's.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && ![host.url, host.s3Url].includes(url.origin))
      complaints.push(`request: ${request.url()}`);
  });
  await page.goto(`${host.url}/#token=${host.accessToken}&to=${encodeURIComponent(path)}`);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Waits until an expression is true. Playwright's own way evaluates strings inside the page, which its security policy refuses. */
export async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) await page.waitForTimeout(50);
}
