import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { addAbortSignal } from "node:stream";
import type { ByteSource } from "./source.ts";

/** One read of the source at a time is this long at most: a player that seeks away wastes little, and no response idles for minutes. */
const readBytesMax = 8 * 1024 * 1024;
/** Reads in a row that may bring nothing before the source counts as broken. */
const emptyReadsMax = 3;

/**
 * Serves one ByteSource on a loopback URL that cannot be guessed, with byte ranges (RFC 9110 §14), so that ffmpeg can seek in it.
 * A stream that ends early is continued where it stopped. The source's own error is kept in `error`: ffmpeg only sees a closed socket.
 */
export class RangeServer implements AsyncDisposable {
  readonly url: string;
  bytesServed = 0;
  requests = 0;
  error: unknown = null;
  readonly #server: Server;
  readonly #abort = new AbortController();

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(source: ByteSource): Promise<RangeServer> {
    const path = `/${randomBytes(24).toString("hex")}`;
    const server = createServer({ requestTimeout: 0, keepAlive: false });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const ranges = new RangeServer(server, `http://127.0.0.1:${port}${path}`);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      ranges.#answer(source, path, request, response).catch((error: unknown) => {
        if (!response.destroyed && !ranges.#abort.signal.aborted) ranges.error ??= error;
        response.destroy();
      });
    });
    return ranges;
  }

  async #answer(source: ByteSource, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url !== path) return void response.writeHead(404).end();
    if (request.method !== "GET" && request.method !== "HEAD") return void response.writeHead(405).end();
    this.requests += 1;
    const size = source.sizeBytes;
    const range = parseRange(request.headers.range, size);
    response.setHeader("Accept-Ranges", "bytes");
    response.setHeader("Content-Type", "application/octet-stream");
    if (range === "unsatisfiable") return void response.writeHead(416, { "Content-Range": `bytes */${size}` }).end();
    const { start, end } = range ?? { start: 0, end: size };
    response.setHeader("Content-Length", end - start);
    if (range) response.setHeader("Content-Range", `bytes ${start}-${end - 1}/${size}`);
    response.writeHead(range ? 206 : 200);
    if (request.method === "HEAD" || end === start) return void response.end();
    response.flushHeaders();
    await this.#send(source, start, end, response);
    response.end();
  }

  async #send(source: ByteSource, start: number, end: number, response: ServerResponse): Promise<void> {
    const closed = new AbortController();
    response.once("close", () => closed.abort());
    const signal = AbortSignal.any([closed.signal, this.#abort.signal]);
    let at = start;
    for (let emptyReads = 0; at < end; ) {
      const before = at;
      const until = Math.min(end, at + readBytesMax);
      const body = addAbortSignal(signal, await source.read(at, until, signal));
      try {
        for await (const chunk of body) {
          if (signal.aborted) return;
          const bytes = (chunk as Buffer).subarray(0, until - at);
          at += bytes.length;
          this.bytesServed += bytes.length;
          if (!response.write(bytes)) await drained(response, signal);
        }
      } finally {
        body.destroy();
      }
      if (signal.aborted) return;
      emptyReads = at === before ? emptyReads + 1 : 0;
      if (emptyReads >= emptyReadsMax) {
        throw new Error(`the source ended at byte ${at} of ${source.sizeBytes}, after ${emptyReads} attempts`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}

/** One byte range. Null where there is none to honour: several ranges and other units may be ignored (RFC 9110 §14.2). */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  if (match[1] === "") {
    const length = Math.min(size, Number(match[2]));
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(match[1]);
  const end = match[2] === "" ? size : Math.min(size, Number(match[2]) + 1);
  if (start >= size) return "unsatisfiable";
  return end > start ? { start, end } : null;
}
