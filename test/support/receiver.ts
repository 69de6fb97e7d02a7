import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { listenOnLoopback } from "../../stacks/local/listen.ts";

/** A request that came whole. */
export type ReceivedRequest = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer };
/** Its address, with and without the scheme. */
export type Receiver = AsyncDisposable & { url: string; host: string };

/**
 * A service on loopback for what the program under test sends. Who leaves in the middle of a request has no answer, as with any service:
 * that is the sender's business and no failure of the test.
 * @param answer may take its time, or never end the response
 */
export async function openReceiver(
  answer: (request: ReceivedRequest, response: ServerResponse) => unknown,
): Promise<Receiver> {
  const { url, close } = await listenOnLoopback(async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (!body) return;
    const { method = "", url: path = "/", headers } = request;
    await answer({ method, path, headers, body }, response);
  }, 0);
  return { url, host: new URL(url).host, [Symbol.asyncDispose]: close };
}
