import type { IncomingHttpHeaders } from "node:http";
import { listenOnLoopback } from "../../stacks/local/listen.ts";

export type JsonRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
};
export type JsonReply = { status?: number; headers?: Record<string, string>; body: unknown };

export type JsonServer = AsyncDisposable & { url: string };

/** A service on loopback that takes and gives JSON. */
export async function serveJson(answer: (request: JsonRequest) => JsonReply): Promise<JsonServer> {
  const { url, close } = await listenOnLoopback((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
      const text = Buffer.concat(chunks).toString("utf8");
      let reply: JsonReply;
      try {
        const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
        reply = answer({
          method: request.method ?? "",
          path: pathname,
          query: searchParams,
          headers: request.headers,
          body,
        });
      } catch (error) {
        reply = { status: 400, body: { message: String(error) } };
      }
      response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
      response.end(JSON.stringify(reply.body));
    });
  }, 0);
  return { url, [Symbol.asyncDispose]: close };
}
