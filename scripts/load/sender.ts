import { setTimeout as sleep } from "node:timers/promises";
import type { Tally } from "./tally.ts";

/** No reply for so long is a hang. */
const hangMs = 60_000;
const attempts = 30;

export type Asked = {
  /** What it is counted as. */
  route: string;
  method?: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
};

/**
 * Sends a request and counts how it is answered. One that is refused with a time to come again is sent again then, as any sane client does.
 * @param patient false: one try, whatever comes of it
 * @returns the body of a reply that is good; undefined for any other end
 */
export async function ask(tally: Tally, asked: Asked, { patient = true } = {}): Promise<Buffer | undefined> {
  const { route, url, method = "GET", headers = {}, body } = asked;
  for (let attempt = 1; ; attempt++) {
    const startedMs = performance.now();
    const reply = await answerTo(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const tookMs = performance.now() - startedMs;
    if (typeof reply === "string") return void tally.count(route, "error", tookMs, reply);
    const { status, bytes, retryAfter } = reply;
    if (status >= 200 && status < 300) {
      tally.count(route, "answered", tookMs);
      return bytes;
    }
    if ((status !== 429 && status !== 503) || retryAfter === null)
      return void tally.count(route, "error", tookMs, `HTTP ${status} ${bytes.toString("utf8").slice(0, 200)}`);
    tally.count(route, "refused", tookMs);
    if (!patient) return undefined;
    if (attempt === attempts) return void tally.giveUp(route);
    await sleep(Number(retryAfter) * 1000);
  }
}

type Reply = { status: number; bytes: Buffer; retryAfter: string | null };

/** The reply, or why there is none. */
async function answerTo(url: string, init: RequestInit): Promise<Reply | string> {
  try {
    const reply = await fetch(url, { ...init, signal: AbortSignal.timeout(hangMs) });
    const bytes = Buffer.from(await reply.arrayBuffer());
    return { status: reply.status, bytes, retryAfter: reply.headers.get("retry-after") };
  } catch (error) {
    const { name, message, cause } = error as Error;
    if (name === "TimeoutError") return `no reply within ${hangMs / 1000} s`;
    return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
  }
}
