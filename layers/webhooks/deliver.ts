import { MediaError } from "../core/index.ts";
import { type AddressGuard, guardedRequest } from "../fetch/index.ts";
import type { Webhook } from "../storage/index.ts";
import { signedHeaders } from "./sign.ts";

/** What a receiver is told. `id` stays the same however often it is told. */
export type News = { id: string; body: string };
export type Outcome = { delivered: boolean; outcome: number | string; tookMs: number; final: boolean };

/** A receiver answers within this, or it has not heard. */
export const replyWithinMs = 10_000;

/** 410 says: never again. */
const gone = 410;

/**
 * Tells the receiver once. Its address goes through the guard as every address that a stranger chose: nothing inside the host's network can
 * be asked, and a redirect is a refusal. What the receiver answers is not read.
 * @returns what came of it; `final` where telling again cannot help. Never throws for what the receiver does.
 */
export async function deliver(
  { url, secret }: Webhook,
  { id, body }: News,
  { guard, withinMs = replyWithinMs }: { guard?: AddressGuard; withinMs?: number } = {},
): Promise<Outcome> {
  const started = performance.now();
  const signal = AbortSignal.timeout(withinMs);
  const tookMs = () => Math.round(performance.now() - started);
  try {
    const reply = await guardedRequest(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "halfgig-webhook",
        ...signedHeaders({ id, at: new Date(), body, secret }),
      },
      body,
      redirects: 0,
      stallMs: withinMs,
      signal,
      ...(guard ? { guard } : {}),
    });
    reply.body.destroy();
    const { status } = reply;
    return { delivered: status >= 200 && status < 300, outcome: status, tookMs: tookMs(), final: status === gone };
  } catch (error) {
    const code = signal.aborted ? "source.too_slow" : codeOf(error);
    return { delivered: false, outcome: code, tookMs: tookMs(), final: code.startsWith("source.forbidden") };
  }
}

function codeOf(error: unknown): string {
  return error instanceof MediaError ? error.code : "source.unavailable";
}
