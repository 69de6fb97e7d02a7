import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createGateway } from "./gateway.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(stream: (closed: AbortSignal) => AsyncIterable<string>): Promise<string> {
  const headers = { "content-type": "text/event-stream" };
  const gateway = createGateway({
    routes: [{ route: "GET /live", functionName: "live", authorized: false }],
    invoke: async (_name, _event, closed) => ({ statusCode: 200, headers, stream: stream(closed) }),
  });
  const listening = createServer(gateway);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/live`;
}

describe("a reply that is streamed", () => {
  it("arrives piece by piece", async () => {
    const next = Promise.withResolvers<void>();
    const url = await serve(async function* () {
      yield "first;";
      await next.promise;
      yield "last";
    });
    const reply = await fetch(url);
    expect(reply.headers.get("content-type")).toBe("text/event-stream");
    expect(reply.headers.get("content-length")).toBeNull();
    const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe("first;");
    next.resolve();
    expect((await reader.read()).value).toBe("last");
    expect((await reader.read()).done).toBe(true);
  });

  it("ends when the client has gone", async () => {
    const ended = Promise.withResolvers<boolean>();
    const url = await serve(async function* (closed) {
      try {
        yield "first;";
        await new Promise((resolve) => closed.addEventListener("abort", resolve));
      } finally {
        ended.resolve(closed.aborted);
      }
    });
    const gone = new AbortController();
    const reply = await fetch(url, { signal: gone.signal });
    await reply.body!.getReader().read();
    gone.abort();
    expect(await ended.promise).toBe(true);
  });

  it("breaks the connection where its source fails, so that nobody takes it for whole", async () => {
    const url = await serve(async function* () {
      yield "first;";
      throw new Error("no more");
    });
    await expect(fetch(url).then((reply) => reply.text())).rejects.toThrow();
  });
});
