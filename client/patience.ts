import { retryAfterMs } from "../layers/core/retry-after.ts";

const idempotencyKeyName = "idempotency-key";

/** A header by which a request that is repeated is known as the same one. `crypto.randomUUID` is not there on pages without TLS. */
export const newIdempotencyKey = (): Record<string, string> => ({
  [idempotencyKeyName]: [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(""),
});

const attempts = 6;
const firstPauseMs = 250;
const longestPauseMs = 60_000;

/** With `Retry-After`, refused before anything was done: the same request may be sent again, whatever its method. */
const refused = new Set([429, 503]);
/** Something between here and there did not answer: only what changes nothing the second time may be repeated. */
const unanswered = new Set([429, 502, 503, 504]);

/**
 * `fetch` that waits and asks again where the service is busy, by `Retry-After` where it says so (RFC 9110 §10.2.3), else twice as long each
 * time. What is refused for more than a minute, such as a day's quota, is not waited for. A request that changes something is repeated only
 * where it was refused, or where it carries an `Idempotency-Key`.
 * @returns the last reply, whatever it is
 */
export async function fetchPatiently(
  send: typeof fetch,
  url: string,
  init: RequestInit & { method: string },
): Promise<Response> {
  const isRepeatable = ["GET", "HEAD"].includes(init.method) || new Headers(init.headers).has(idempotencyKeyName);
  const signal = init.signal ?? undefined;
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === attempts;
    const reply = await send(url, init).catch((error: unknown) => {
      if (isLast || !isRepeatable || signal?.aborted) throw error;
      return undefined;
    });
    const namedMs = retryAfterMs(reply?.headers.get("retry-after"));
    const isRefused = reply && refused.has(reply.status) && namedMs !== undefined;
    const again = !reply || isRefused || (isRepeatable && unanswered.has(reply.status));
    const pauseMs = namedMs ?? firstPauseMs * 2 ** (attempt - 1);
    if (reply && (isLast || !again || pauseMs > longestPauseMs)) return reply;
    await reply?.body?.cancel();
    await pause(pauseMs, signal);
  }
}

/** @throws the signal's reason */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done() {
      signal?.removeEventListener("abort", abort);
      resolve();
    }
    function abort() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
