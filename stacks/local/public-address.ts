import { type IncomingMessage, type RequestListener, request, type ServerResponse } from "node:http";
import { bucketName } from "./environment.ts";

/**
 * One public address for the API and S3 together, for places that give a service a single port behind their own name.
 * Functions sign for S3's own address. What leaves with a reply names the public one instead, and what comes in for a bucket is
 * handed to S3 under the name that was signed.
 */
export class PublicAddress {
  readonly hostname: string;
  readonly origin: string;
  readonly #s3: URL;

  /** @param publicUrl where clients reach this service, such as https://media.example.org */
  constructor(publicUrl: string, s3Url: string) {
    const url = new URL(publicUrl);
    this.hostname = url.hostname;
    this.origin = url.origin;
    this.#s3 = new URL(s3Url);
  }

  /** A function's reply with the addresses in its body and headers made public. */
  publish(reply: unknown): unknown {
    if (typeof reply !== "object" || reply === null) return reply;
    const { body, headers, isBase64Encoded } = reply as {
      body?: unknown;
      headers?: Record<string, unknown>;
      isBase64Encoded?: boolean;
    };
    const replace = (text: unknown) =>
      typeof text === "string" ? text.replaceAll(this.#s3.origin, this.origin) : text;
    return {
      ...reply,
      ...(body !== undefined && !isBase64Encoded ? { body: replace(body) } : {}),
      ...(headers
        ? { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, replace(value)])) }
        : {}),
    };
  }

  /** Sends requests for a bucket to S3, and all others on. */
  route(next: RequestListener): RequestListener {
    const prefixes = ["uploads", "results"].map((name) => `/${bucketName(name)}`);
    return (incoming, response) => {
      const path = (incoming.url ?? "").split("?")[0] ?? "";
      const isForS3 = prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
      if (isForS3) this.#forward(incoming, response);
      else next(incoming, response);
    };
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const outgoing = request(
      {
        host: this.#s3.hostname,
        port: this.#s3.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, host: this.#s3.host },
      },
      (reply) => {
        response.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(response);
      },
    );
    outgoing.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}
