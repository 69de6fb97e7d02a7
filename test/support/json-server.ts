import type { IncomingHttpHeaders } from "node:http";
import { openReceiver, type Receiver } from "./receiver.ts";

export type JsonRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
};
export type JsonReply = { status?: number; headers?: Record<string, string>; body: unknown };

export type JsonServer = Receiver;

/** A service on loopback that takes and gives JSON. */
export const serveJson = (answer: (request: JsonRequest) => JsonReply): Promise<JsonServer> =>
  openReceiver(({ method, path: target, headers, body: bytes }, response) => {
    const { pathname: path, searchParams: query } = new URL(target, "http://x");
    let reply: JsonReply;
    try {
      const body = bytes.length === 0 ? {} : (JSON.parse(String(bytes)) as Record<string, unknown>);
      reply = answer({ method, path, query, headers, body });
    } catch (error) {
      reply = { status: 400, body: { message: String(error) } };
    }
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
    response.end(JSON.stringify(reply.body));
  });
