import { setTimeout as sleep } from "node:timers/promises";
import { MediaError, retryAfterMs } from "../core/index.ts";

export type RetryPolicy = {
  attempts: number;
  /** Of one attempt, the reply's body included. */
  timeoutMs: number;
  firstPauseMs: number;
  /** A service that asks for a longer pause is not waited for: the state machine tries again later. */
  longestPauseMs: number;
};

export const defaultRetry: RetryPolicy = {
  attempts: 4,
  timeoutMs: 60_000,
  firstPauseMs: 1_000,
  longestPauseMs: 30_000,
};

/** Asking too often, or a server's own trouble: both may pass. */
const mayPass = (status: number) => status === 408 || status === 429 || status >= 500;

/**
 * Sends one request until it is answered, or there is no point: 408, 429 and 5xx are repeated, after the pause that the service
 * asks for, otherwise after one that doubles.
 *
 * @param request is called for every attempt, as a body can be sent once only
 * @returns the reply's text of a 2xx
 * @throws MediaError `provider.unavailable` after the last attempt; `provider.refused` for any other status
 */
export async function sendPatiently(
  service: string,
  request: (signal: AbortSignal) => Promise<Response>,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<string> {
  let reason = "";
  for (let attempt = 1; ; attempt++) {
    const timeout = AbortSignal.timeout(policy.timeoutMs);
    let askedMs: number | undefined;
    try {
      const reply = await request(signal ? AbortSignal.any([signal, timeout]) : timeout);
      const text = await reply.text();
      if (reply.ok) return text;
      reason = `HTTP ${reply.status}${complaint(text)}`;
      if (!mayPass(reply.status)) throw refused(service, reply.status, reason);
      askedMs = retryAfterMs(reply.headers.get("retry-after"));
    } catch (error) {
      if (error instanceof MediaError) throw error;
      signal?.throwIfAborted();
      reason = timeout.aborted ? `no answer within ${policy.timeoutMs / 1000} s` : describe(error);
    }
    const pauseMs = askedMs ?? policy.firstPauseMs * 2 ** (attempt - 1);
    if (attempt >= policy.attempts || pauseMs > policy.longestPauseMs) {
      throw new MediaError(
        "provider.unavailable",
        `${service} did not transcribe the window after ${attempt} attempt(s): ${reason}. Send the file again later.`,
      );
    }
    await sleep(pauseMs, undefined, { signal });
  }
}

function refused(service: string, status: number, reason: string): MediaError {
  const advice =
    status === 401 || status === 403
      ? "Check the key."
      : "Check the address, the model and what the service accepts; its own words are above.";
  return new MediaError("provider.refused", `${service} refused the window: ${reason}. ${advice}`);
}

/** The service's own sentence, without anything that looks like a key: some services quote it. */
function complaint(text: string): string {
  let message = text;
  try {
    const body = JSON.parse(text) as { error?: { message?: unknown } | string; message?: unknown; detail?: unknown };
    const error = typeof body.error === "object" ? body.error?.message : body.error;
    message = String(error ?? body.message ?? body.detail ?? "");
  } catch {
    // Proxies answer with pages of their own.
    message = message.replace(/<[^<>]{0,500}>/g, " ");
  }
  const short = message
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200)
    .replace(/\b(?:sk|Bearer)[-_ ][\w*.-]+/g, "(key)");
  return short === "" ? "" : ` (${short})`;
}

/** fetch() hides the reason in the cause. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return code ?? (error instanceof Error ? error.message : String(error));
}
