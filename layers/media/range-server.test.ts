import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { RangeServer } from "./range-server.ts";
import type { ByteSource } from "./source.ts";
import { bufferSource } from "./test-media.ts";

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
const open: RangeServer[] = [];

async function serve(source: ByteSource): Promise<RangeServer> {
  const server = await RangeServer.start(source);
  open.push(server);
  return server;
}

async function get(url: string, range?: string, method = "GET") {
  const response = await fetch(url, { method, headers: range ? { Range: range } : {} });
  return { status: response.status, headers: response.headers, body: new Uint8Array(await response.arrayBuffer()) };
}

afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

describe("RangeServer", () => {
  it.each([
    ["bytes=0-", 206, 0, 100_000],
    ["bytes=10-19", 206, 10, 20],
    ["bytes=99999-", 206, 99_999, 100_000],
    ["bytes=99990-200000", 206, 99_990, 100_000],
    ["bytes=-5", 206, 99_995, 100_000],
    [undefined, 200, 0, 100_000],
    ["bytes=0-1,5-6", 200, 0, 100_000],
    ["bytes=20-10", 200, 0, 100_000],
    ["lines=1-2", 200, 0, 100_000],
  ])("answers %s", async (range, status, start, end) => {
    const server = await serve(bufferSource(bytes));
    const answer = await get(server.url, range);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(answer.headers.get("content-range")).toBe(status === 206 ? `bytes ${start}-${end - 1}/100000` : null);
    expect(Buffer.compare(answer.body, bytes.subarray(start, end))).toBe(0);
    expect(server.bytesServed).toBe(end - start);
    expect(server.requests).toBe(1);
  });

  it("answers HEAD, 416, 404 and 405", async () => {
    const server = await serve(bufferSource(bytes));
    const head = await get(server.url, "bytes=5-9", "HEAD");
    expect([head.status, head.headers.get("content-length"), head.body.length]).toEqual([206, "5", 0]);
    const beyond = await get(server.url, "bytes=100000-");
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */100000"]);
    expect((await get(new URL("/", server.url).href)).status).toBe(404);
    expect((await get(server.url, undefined, "PUT")).status).toBe(405);
  });

  it("continues a stream that ended early", async () => {
    const starts: number[] = [];
    const server = await serve({
      sizeBytes: bytes.length,
      async read(start, end) {
        starts.push(start);
        return Readable.from([Buffer.from(bytes.subarray(start, Math.min(end, start + 40_000)))]);
      },
    });
    expect(Buffer.compare((await get(server.url)).body, bytes)).toBe(0);
    expect(starts).toEqual([0, 40_000, 80_000]);
    expect(server.error).toBe(null);
  });

  it("keeps the source's error, and gives up on a source that ends for good", async () => {
    const broken = new Error("the bucket is gone");
    const failing = await serve({ sizeBytes: 10, read: async () => Promise.reject(broken) });
    await expect(get(failing.url)).rejects.toThrow();
    expect(failing.error).toBe(broken);
    const ended = await serve({ sizeBytes: 10, read: async () => Readable.from([]) });
    await expect(get(ended.url)).rejects.toThrow();
    expect(String(ended.error)).toContain("ended at byte 0 of 10");
  });

  it("stops reading when the client leaves or the server is disposed", async () => {
    let live = 0;
    const server = await serve({
      sizeBytes: 1e12,
      async read() {
        live += 1;
        return new Readable({ read() {} }).once("close", () => {
          live -= 1;
        });
      },
    });
    const leave = new AbortController();
    const response = await fetch(server.url, { signal: leave.signal });
    expect([response.status, live]).toEqual([200, 1]);
    leave.abort();
    await expect.poll(() => live).toBe(0);
    const second = fetch(server.url).then((answer) => answer.arrayBuffer());
    await expect.poll(() => live).toBe(1);
    await server[Symbol.asyncDispose]();
    await expect(second).rejects.toThrow();
    await expect.poll(() => live).toBe(0);
    expect(server.error).toBe(null);
  });
});
