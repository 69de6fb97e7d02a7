import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { URL } from "node:url";
import { MediaError, readSettings } from "../core/index.ts";
import { type AddressGuard, guardOf, portOf } from "./guard.ts";
import { explainNetworkError, tooSlow } from "./network-error.ts";

export type GuardedInit = {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** @default the guard of this process's settings */
  guard?: AddressGuard;
  signal?: AbortSignal | undefined;
  /** How long the server may stay silent: while connecting, before its reply, and within it. @default 30 s */
  stallMs?: number;
  /** How many redirects are followed, for GET and HEAD alone; with 0 a redirect is the reply. @default 5 */
  redirects?: number;
};

export type GuardedResponse = {
  status: number;
  headers: IncomingHttpHeaders;
  /** The address that answered, after redirects. */
  url: URL;
  /** Not decoded. Must be read to its end or destroyed. */
  body: IncomingMessage;
};

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Headers that were meant for one server. */
const secretHeaders: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * An HTTP request to an address that somebody else chose. Every connection is a new one and goes through the guard, each redirect anew;
 * cookies are not kept, certificates are verified, no proxy of the environment is used, and nothing is decompressed.
 * @throws MediaError `source.forbidden_url`, `source.forbidden_address`, `source.too_many_redirects`, `source.too_slow`,
 *   `source.untrusted`, `source.not_found` (no such host), `source.unavailable`; and the signal's reason
 */
export async function guardedRequest(address: string | URL, init: GuardedInit = {}): Promise<GuardedResponse> {
  const { guard = guardOf(readSettings(process.env)), redirects = 5, method = "GET" } = init;
  let url = guard.checkUrl(address);
  let headers = { ...init.headers };
  const follows = redirects > 0 && (method === "GET" || method === "HEAD");
  for (let hop = 0; ; hop++) {
    const response = await once(url, guard, { ...init, method, headers });
    const location = response.headers.location;
    if (!follows || !redirectStatuses.has(response.status) || location === undefined) return response;
    response.body.destroy();
    if (hop >= redirects) {
      throw new MediaError(
        "source.too_many_redirects",
        `${url.host} sends from one address to the next, more than ${redirects} times. Give the address at its end.`,
      );
    }
    const next = guard.checkUrl(URL.parse(location, url.href) ?? location);
    if (next.origin !== url.origin) {
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !secretHeaders.has(name.toLowerCase())));
    }
    url = next;
  }
}

function once(
  url: URL,
  guard: AddressGuard,
  { method, headers, body, signal, stallMs = 30_000 }: GuardedInit,
): Promise<GuardedResponse> {
  signal?.throwIfAborted();
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    let response: IncomingMessage | undefined;
    const request: ClientRequest = send({
      ...guard.target(url.hostname, portOf(url)),
      // A pooled socket would have been checked for another request.
      agent: false,
      path: url.pathname + url.search,
      method,
      headers: {
        accept: "*/*",
        "accept-encoding": "identity",
        "user-agent": "Mozilla/5.0 (compatible; halfgig)",
        ...headers,
        host: url.host,
        connection: "close",
        ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
      },
      timeout: stallMs,
      maxHeaderSize: 32 * 1024,
    });
    const abort = () => {
      const reason: unknown = signal?.reason;
      const error = reason instanceof Error ? reason : new Error("aborted");
      response?.destroy(error);
      request.destroy(error);
    };
    signal?.addEventListener("abort", abort, { once: true });
    request.once("close", () => signal?.removeEventListener("abort", abort));
    request.on("timeout", () => {
      // Bytes that wait here are bytes that the server has sent: it is the reader who is slow.
      if (response && response.readableLength > 0) return;
      const error = tooSlow(url.host, stallMs);
      response?.destroy(error);
      request.destroy(error);
    });
    request.on("error", (error) => reject(explainNetworkError(error, url.host)));
    request.on("response", (incoming) => {
      response = incoming;
      // A reply that is let go must not bring the process down when its connection breaks.
      incoming.on("error", () => undefined);
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, url, body: incoming });
    });
    request.end(body);
  });
}
