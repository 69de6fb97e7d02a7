import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { URL } from "node:url";
import { MediaError } from "../core/index.ts";
import { type AddressGuard, type GuardedTarget, portOf } from "./guard.ts";

export type ProxyOptions = {
  guard: AddressGuard;
  /** How long a connection may be silent. */
  stallMs: number;
  /** All that may be received through the proxy, over all connections. */
  maxBytes: number;
};

/** Headers between a client and its proxy, and those of one connection (RFC 9110 §7.6.1). */
const hopHeaders = ["proxy-authorization", "proxy-connection", "connection", "keep-alive", "te", "upgrade"];

/**
 * A forward proxy on loopback for a program that opens addresses of its own: each connection goes through the guard. It answers to
 * one random credential, so that no other process on the machine can use it.
 */
export class GuardingProxy implements AsyncDisposable {
  /** With the credential: for the program's environment or a file, never for an argument that others can list. */
  readonly url: string;
  /** What was refused, in order; a program's own message seldom says it. */
  readonly refusals: MediaError[] = [];
  receivedBytes = 0;
  readonly #server: Server;
  readonly #options: ProxyOptions;
  readonly #credential: Buffer;
  readonly #open = new Set<Duplex>();

  private constructor(server: Server, options: ProxyOptions) {
    const secret = randomBytes(24).toString("hex");
    this.#server = server;
    this.#options = options;
    this.#credential = Buffer.from(`Basic ${Buffer.from(`halfgig:${secret}`).toString("base64")}`);
    this.url = `http://halfgig:${secret}@127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(options: ProxyOptions): Promise<GuardingProxy> {
    const server = createServer({ requestTimeout: 0, keepAlive: false, maxHeaderSize: 64 * 1024 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new GuardingProxy(server, options);
    server.on("connection", (socket: Socket) => proxy.#track(socket));
    server.on("connect", (request: IncomingMessage, client: Duplex, head: Buffer) =>
      proxy.#tunnel(request, client, head),
    );
    server.on("request", (request: IncomingMessage, response: ServerResponse) => proxy.#forward(request, response));
    return proxy;
  }

  #tunnel(request: IncomingMessage, client: Duplex, head: Buffer): void {
    client.on("error", () => undefined);
    const refuse = (status: string) =>
      client.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    if (!this.#known(request)) return void refuse("407 Proxy Authentication Required");
    const target = this.#target(URL.parse(`https://${request.url}`));
    if (!target) return void refuse("403 Forbidden");
    const upstream = this.#track(connect({ ...target, timeout: this.#options.stallMs }));
    let connected = false;
    upstream.once("connect", () => {
      connected = true;
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      client.pipe(upstream);
      this.#count(upstream).pipe(client);
    });
    upstream.on("timeout", () => upstream.destroy());
    upstream.on("error", (error) => {
      this.#note(error);
      if (!connected) refuse(error instanceof MediaError ? "403 Forbidden" : "502 Bad Gateway");
    });
    upstream.on("close", () => connected && client.destroy());
    client.on("close", () => upstream.destroy());
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number) => {
      if (response.headersSent) return void response.destroy();
      response.writeHead(status, { connection: "close", "content-length": 0 }).end();
    };
    if (!this.#known(request)) return void refuse(407);
    const url = URL.parse(request.url ?? "");
    const target = url?.protocol === "http:" ? this.#target(url) : undefined;
    if (!url || !target) return void refuse(403);
    const upstream = httpRequest({
      ...target,
      agent: false,
      method: request.method,
      path: url.pathname + url.search,
      headers: { ...endToEnd(request.headers), host: url.host, connection: "close" },
      timeout: this.#options.stallMs,
    });
    upstream.on("socket", (socket) => this.#track(socket));
    upstream.on("timeout", () => upstream.destroy());
    upstream.on("error", (error) => {
      this.#note(error);
      refuse(error instanceof MediaError ? 403 : 502);
    });
    upstream.on("response", (reply) => {
      response.writeHead(reply.statusCode ?? 502, { ...endToEnd(reply.headers), connection: "close" });
      reply.on("error", () => response.destroy());
      this.#count(reply).pipe(response);
    });
    response.on("close", () => upstream.destroy());
    request.on("error", () => upstream.destroy());
    request.pipe(upstream);
  }

  #known(request: IncomingMessage): boolean {
    const given = Buffer.from(request.headers["proxy-authorization"] ?? "");
    return given.length === this.#credential.length && timingSafeEqual(given, this.#credential);
  }

  #target(url: URL | null): GuardedTarget | undefined {
    if (!url) return undefined;
    try {
      return this.#options.guard.target(url.hostname, portOf(url));
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  #note(error: unknown): void {
    if (error instanceof MediaError && this.refusals.length < 20) this.refusals.push(error);
  }

  /** Ends everything when more has come in than may. */
  #count<T extends NodeJS.ReadableStream>(stream: T): T {
    stream.on("data", (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      if (this.receivedBytes <= this.#options.maxBytes) return;
      const message = `More than ${this.#options.maxBytes} bytes came from the site. Upload the file instead.`;
      this.#note(new MediaError("source.too_large", message));
      this.#closeAll();
    });
    return stream;
  }

  #track<S extends Duplex>(socket: S): S {
    this.#open.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.#open.delete(socket));
    return socket;
  }

  #closeAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#closeAll();
    await closed;
  }
}

function endToEnd(headers: IncomingMessage["headers"]): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopHeaders.includes(name)));
}
