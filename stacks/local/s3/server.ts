import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { type Reply, type S3Action, S3Context, type S3Host } from "./context.ts";
import { corsHeaders } from "./cors.ts";
import { S3Error } from "./errors.ts";
import type { ObjectEvent } from "./events.ts";
import { formBoundary } from "./form-data.ts";
import { postObject } from "./operations/post-object.ts";
import { dispatch } from "./router.ts";
import { authenticate, type S3Principal } from "./sigv4.ts";
import { type BucketConfig, Store } from "./store.ts";
import { parseTarget, type Target } from "./uri.ts";
import { xmlDocument } from "./xml.ts";

export type S3ServerOptions = {
  /** Where buckets live. One process at a time may use it. */
  directory: string;
  /** Buckets that must exist; others may be created through the API. */
  buckets: BucketConfig[];
  /** Who an access key belongs to; undefined is answered with InvalidAccessKeyId. */
  principal(accessKeyId: string): S3Principal | undefined;
  /** `key` is an object's key or the prefix of a listing; false is answered with AccessDenied. */
  authorize(principal: S3Principal, action: S3Action, bucket: string, key: string): boolean;
  /** Called after the change is durable, before the client is answered. */
  onEvent?(event: ObjectEvent): void;
  /** Told about what the client sees as InternalError. */
  onError?(error: unknown, requestId: string): void;
  /** Written into events and bucket locations; signatures of any region are accepted. Default us-east-1. */
  region?: string;
};

/** How long a client that was refused may go on sending before it is cut off, so that it can read why. */
const lingerMs = 10_000;
/** How long requests in flight may take to end once the server closes. */
const closeGraceMs = 1_000;

/**
 * The S3 REST API (path style) over a directory. Reference: Amazon S3 API Reference, version 2006-03-01.
 *
 * Objects are committed atomically and durably: bytes first, then one rename. Bodies are streamed in both directions.
 */
export class S3Server {
  readonly #options: S3ServerOptions;
  readonly #server: Server;
  readonly #inFlight = new Set<Promise<void>>();
  #host: S3Host | undefined;

  constructor(options: S3ServerOptions) {
    this.#options = options;
    // An upload takes as long as it takes; the time for headers stays limited, which has to be said: Node would take 0 for both.
    this.#server = createServer({ requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 30_000 });
    this.#server.on("request", (request, response) => this.#accept(request, response, false));
    this.#server.on("checkContinue", (request, response) => this.#accept(request, response, true));
  }

  /** Loads the directory and starts to answer. Port 0 takes a free one. Rejects where the port is taken. */
  async listen(port = 0, host = "127.0.0.1"): Promise<{ port: number; url: string }> {
    const { directory, buckets, authorize, onEvent, region = "us-east-1" } = this.#options;
    this.#host = {
      store: await Store.open(directory, buckets),
      region,
      authorize,
      onEvent: onEvent && ((event) => this.#notify(onEvent, event)),
    };
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    const address = this.#server.address() as AddressInfo;
    const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
    return { port: address.port, url: `http://${name}:${address.port}` };
  }

  /** Stops answering; uploads that do not end within a second are cut off and leave nothing behind. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => this.#server.closeAllConnections(), closeGraceMs);
    await closed;
    clearTimeout(cut);
    await Promise.all(this.#inFlight);
  }

  #notify(onEvent: (event: ObjectEvent) => void, event: ObjectEvent): void {
    try {
      onEvent(event);
    } catch (error) {
      // The object is stored: its writer must not be told otherwise.
      this.#options.onError?.(error, event.record.responseElements["x-amz-request-id"]);
    }
  }

  #accept(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const work = this.#answer(request, response, awaitsContinue).finally(() => this.#inFlight.delete(work));
    this.#inFlight.add(work);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Promise<void> {
    const requestId = randomUUID();
    response.setHeader("x-amz-request-id", requestId);
    response.setHeader("x-amz-id-2", requestId);
    let waiting = awaitsContinue;
    const proceed = () => {
      if (waiting) response.writeContinue();
      waiting = false;
    };
    let reply: Reply;
    try {
      reply = await this.#handle(request, response, requestId, proceed);
    } catch (error) {
      reply = this.#errorReply(error, request, requestId);
    }
    await send(request, response, reply);
  }

  async #handle(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    proceed: () => void,
  ): Promise<Reply> {
    const host = this.#host!;
    const { principal } = this.#options;
    const target = parseTarget(request.url ?? "/");
    const origin = request.headers.origin;
    if (request.method === "OPTIONS") return preflight(host.store, request, target);
    if (origin !== undefined) {
      const method = request.method ?? "";
      const headers = corsHeaders(host.store.cors(target.bucket), { origin, method });
      for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    }
    assertPathStyle(host.store, request, target);
    const boundary = formBoundary(request.headers["content-type"]);
    if (request.method === "POST" && target.key === "" && target.bucket !== "" && boundary !== undefined) {
      return await postObject({ request, target, boundary, requestId, host, findPrincipal: principal, proceed });
    }
    const authentication = authenticate(request, target, principal);
    return await dispatch(new S3Context({ request, target, requestId, authentication, host, proceed }));
  }

  #errorReply(error: unknown, request: IncomingMessage, requestId: string): Reply {
    const known = error instanceof S3Error ? error : internalError(error);
    if (known.code === "InternalError" && !request.readableAborted) this.#options.onError?.(error, requestId);
    const document = xmlDocument(
      "Error",
      {
        Code: known.code,
        Message: known.message,
        ...known.details,
        Resource: (request.url ?? "").split("?")[0] ?? "",
        RequestId: requestId,
        HostId: requestId,
      },
      { namespace: false },
    );
    const reply: Reply = { status: known.status, headers: known.headers };
    if (known.status !== 304) reply.body = document;
    return reply;
  }
}

function internalError(cause: unknown): S3Error {
  const full = (cause as NodeJS.ErrnoException | undefined)?.code === "ENOSPC";
  const message = full ? "The disk that holds the buckets is full. Free space on it and try again." : undefined;
  return new S3Error("InternalError", message, { cause });
}

function preflight(store: Store, request: IncomingMessage, target: Target): Reply {
  const { origin } = request.headers;
  const method = request.headers["access-control-request-method"];
  if (origin === undefined || method === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "Insufficient information. Origin and Access-Control-Request-Method are needed.",
    );
  }
  const requestHeaders = request.headers["access-control-request-headers"] ?? "";
  const headers = corsHeaders(store.cors(target.bucket), { origin, method, requestHeaders });
  if (headers === undefined) throw new S3Error("AccessForbidden");
  return { status: 200, headers };
}

/** `bucket.host/key` would be read as bucket `key`: better to say what is wrong. */
function assertPathStyle(store: Store, request: IncomingMessage, target: Target): void {
  const hostName = (request.headers.host ?? "").replace(/:\d+$/, "");
  const named = store.list().find(({ name }) => hostName.startsWith(`${name}.`));
  if (named === undefined || store.has(target.bucket)) return;
  throw new S3Error(
    "InvalidRequest",
    `Virtual-hosted-style requests (${hostName}) are not offered. Use path-style requests: set forcePathStyle in the client.`,
  );
}

async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  try {
    const { body } = reply;
    for (const [name, value] of Object.entries(reply.headers ?? {})) {
      if (value !== undefined) response.setHeader(name, value);
    }
    response.statusCode = reply.status;
    // A body that was refused is not read to its end: the connection cannot be used again.
    const refused = !request.complete && reply.status >= 300;
    if (refused) response.setHeader("connection", "close");
    if (typeof body === "string") {
      response.setHeader("content-type", "application/xml");
      response.setHeader("content-length", Buffer.byteLength(body));
      response.end(request.method === "HEAD" ? undefined : body);
    } else if (body === undefined) {
      if (!response.hasHeader("content-length") && ![204, 304].includes(reply.status)) {
        response.setHeader("content-length", 0);
      }
      response.end();
    } else {
      await pipeline(body, response);
    }
    if (refused) linger(request);
  } catch {
    // The client went away, or a data file could not be read: the declared length tells it that the body is short.
    response.destroy();
  } finally {
    reply.dispose?.();
  }
}

/**
 * Reads and drops what a refused client still sends. Closing at once would reset the connection, and the client might lose the answer
 * that explains the refusal (RFC 9112, section 9.6).
 */
function linger(request: IncomingMessage): void {
  const cut = setTimeout(() => request.destroy(), lingerMs);
  cut.unref();
  request.on("close", () => clearTimeout(cut));
  request.on("error", () => undefined);
  request.resume();
}
