import { setTimeout as pause } from "node:timers/promises";

/** A function's answer with server-sent events in its body. */
type EventReply = { statusCode: number; headers?: Record<string, unknown>; body?: string };
export type StreamedReply = { statusCode: 200; headers: Record<string, string>; stream: AsyncIterable<string> };

export type LiveEventsOptions = {
  /** Between two questions. @default 600 */
  pauseMs?: number;
  /** Without news, a comment after so long keeps the connection. @default 15_000 */
  quietMs?: number;
  /** After so long the client has to come back, and to show its token again. @default 300_000 */
  longestMs?: number;
};

/**
 * Server-sent events that stay open. A function answers what is new since the last event and ends; here it is asked again in the client's
 * place, so that no execution environment is held while nothing happens.
 * @param ask the function's answer to `Last-Event-ID`
 * @returns the function's first answer as it is where it is a refusal
 */
export async function liveEvents(
  ask: (lastEventId: string | undefined) => Promise<unknown>,
  lastEventId: string | undefined,
  signal: AbortSignal,
  options: LiveEventsOptions = {},
): Promise<EventReply | StreamedReply> {
  const first = (await ask(lastEventId)) as EventReply;
  if (first.statusCode !== 200) return first;
  const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
  return { statusCode: 200, headers, stream: follow(first, ask, lastEventId, signal, options) };
}

async function* follow(
  first: EventReply,
  ask: (lastEventId: string | undefined) => Promise<unknown>,
  lastEventId: string | undefined,
  signal: AbortSignal,
  { pauseMs = 600, quietMs = 15_000, longestMs = 300_000 }: LiveEventsOptions,
): AsyncGenerator<string> {
  const endsMs = performance.now() + longestMs;
  let spokeMs = performance.now();
  let id = lastEventId;
  for (let reply = first; ; reply = (await ask(id)) as EventReply) {
    if (reply.statusCode !== 200 || signal.aborted) return;
    const body = reply.body ?? "";
    const news = /^id: (.+)$/m.exec(body)?.[1];
    if (news !== undefined || reply === first) {
      id = news ?? id;
      spokeMs = performance.now();
      yield body;
    } else if (performance.now() - spokeMs > quietMs) {
      spokeMs = performance.now();
      yield ": nothing new\n\n";
    }
    if (/"status":"(?:done|partial|failed|canceled)"/.test(body) || performance.now() > endsMs) return;
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}
