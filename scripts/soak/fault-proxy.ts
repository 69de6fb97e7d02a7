import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Transform } from "node:stream";
import type { Random } from "../eval/index.ts";

/** What may befall a request to S3, and how often: shares of all requests. */
export const faultShares = {
  /** 503 SlowDown, before anything is done. */
  slowDown: 0.02,
  /** Delivered late. */
  slow: 0.02,
  /** The connection breaks before the request arrives. */
  dropped: 0.005,
  /** The request is done, and nobody hears of it. */
  unanswered: 0.005,
  /** The connection breaks in the middle of the reply's body. */
  cut: 0.01,
} as const;
export type Fault = keyof typeof faultShares;

const slowestMs = 1500;

/** Stands between whoever uses S3 and the host's own: requests keep their Host header, which is signed. */
export class FaultProxy implements AsyncDisposable {
  readonly counts: Record<Fault, number> = { slowDown: 0, slow: 0, dropped: 0, unanswered: 0, cut: 0 };
  requests = 0;
  /** Uploads in parts that were begun and whose sender never heard their id: nobody but the bucket's lifecycle rule can end them. */
  unheardUploads = 0;
  /** No faults any more. */
  calm = false;
  readonly url: string;
  readonly #server: ReturnType<typeof createServer>;
  readonly #targetPort: number;
  readonly #random: Random;

  private constructor(server: ReturnType<typeof createServer>, targetPort: number, random: Random) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.#random = random;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(targetPort: number, random: Random): Promise<FaultProxy> {
    const server = createServer({ requestTimeout: 0 });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new FaultProxy(server, targetPort, random);
    server.on("request", (request, response) => void proxy.#serve(request, response));
    server.on("checkContinue", (request, response) => {
      response.writeContinue();
      void proxy.#serve(request, response);
    });
    return proxy;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    // The date is the host's to say.
    response.sendDate = false;
    const fault = this.#draw();
    if (fault) this.counts[fault]++;
    if (fault === "dropped") return void request.socket.destroy();
    if (fault === "slowDown") return slowDown(request, response);
    if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, this.#random.uniform(50, slowestMs)));
    const { method, url, rawHeaders } = request;
    // Lists of names and values keep what is signed as it came.
    const onward = ask({
      host: "127.0.0.1",
      port: this.#targetPort,
      method,
      path: url,
      headers: withoutExpect(rawHeaders),
      agent: false,
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.on("response", (reply) => {
      if (fault === "unanswered") {
        if (method === "POST" && /[?&]uploads\b/.test(url ?? "")) this.unheardUploads++;
        reply.resume();
        response.destroy();
        return;
      }
      response.writeHead(reply.statusCode ?? 502, headersOf(reply.rawHeaders));
      reply.on("error", () => response.destroy());
      const length = Number(reply.headers["content-length"] ?? 0);
      if (fault === "cut" && length > 1) reply.pipe(cutAfter(Math.floor(length / 2), response)).pipe(response);
      else reply.pipe(response);
    });
    request.on("error", () => onward.destroy());
    request.pipe(onward);
  }

  /** The dice are thrown for every request, so that a seed gives the same faults in the same order. */
  #draw(): Fault | undefined {
    let rest = this.#random.next();
    if (this.calm) return undefined;
    for (const [fault, share] of Object.entries(faultShares) as [Fault, number][]) {
      if (rest < share) return fault;
      rest -= share;
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function slowDown(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`;
  response.writeHead(503, { "content-type": "application/xml", "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Passes so many bytes on and breaks the connection. */
function cutAfter(bytes: number, response: ServerResponse): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (left > 0) return done(null, part);
      response.write(part, () => response.destroy());
      done();
    },
  });
}

function headersOf(raw: readonly string[]): string[] {
  const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding"]);
  return raw.filter((_, n) => !hopByHop.has((raw[n - (n % 2)] ?? "").toLowerCase()));
}

function withoutExpect(raw: readonly string[]): string[] {
  return raw.filter((_, n) => !["expect", "connection"].includes((raw[n - (n % 2)] ?? "").toLowerCase()));
}
