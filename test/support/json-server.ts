import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

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
  const server = createServer((request, response) => {
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
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
