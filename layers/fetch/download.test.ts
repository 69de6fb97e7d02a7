import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { MediaError } from "../core/index.ts";
import { CannotResume, Download } from "./download.ts";
import { AddressGuard } from "./guard.ts";
import { StandIn } from "./stand-in.fixture.ts";

const file = randomBytes(300_000);

const optionsFor = (server: StandIn) => ({
  guard: new AddressGuard({ allowHosts: [server.host] }),
  maxBytes: 1_000_000,
  stallMs: 2000,
  backoffMs: 5,
});

async function read(server: StandIn, options: Partial<Parameters<typeof Download.open>[1]> = {}, path = "/file") {
  await using download = await Download.open(server.url(path), { ...optionsFor(server), ...options });
  const chunks: Buffer[] = [];
  for await (const chunk of download.bytes()) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), cuts: download.cuts };
}

/** Serves the file and breaks off after `lengths` bytes, one after the other; then it serves to the end. */
function cutting(lengths: number[], { etag = '"v1"', ranges = true }: { etag?: string | null; ranges?: boolean } = {}) {
  const left = [...lengths];
  return (request: IncomingMessage, response: ServerResponse) => {
    const from = ranges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
    const honoured = from > 0 && request.headers["if-range"] === etag;
    const body = file.subarray(honoured ? from : 0);
    response.writeHead(honoured ? 206 : 200, {
      ...(etag && { etag }),
      "content-length": body.length,
      ...(honoured && { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` }),
    });
    const length = left.shift();
    if (length === undefined) return void response.end(body);
    response.write(body.subarray(0, length), () => setTimeout(() => response.destroy(), 20));
  };
}

describe("a download that is cut", () => {
  it("goes on by range where it stopped", async () => {
    await using server = await StandIn.start(cutting([100_000, 50_000, 1]));
    const { bytes, cuts } = await read(server);
    expect(bytes.equals(file)).toBe(true);
    expect(cuts).toBe(3);
    expect(server.requests.map(({ headers }) => headers["if-range"])).toEqual([undefined, '"v1"', '"v1"', '"v1"']);
    expect(server.requests.every(({ headers }) => headers["accept-encoding"] === "identity")).toBe(true);
  });

  it.each([
    ["cannot serve ranges", { ranges: false }],
    ["has no validator", { etag: null }],
    ["has a weak ETag only", { etag: 'W/"v1"' }],
  ])("starts over where the server %s", async (_, answer) => {
    await using server = await StandIn.start(cutting([100_000], answer));
    await expect(read(server)).rejects.toBeInstanceOf(CannotResume);
  });

  it("starts over where the file is another one by now", async () => {
    let version = 0;
    await using server = await StandIn.start((request, response) => {
      version += 1;
      cutting(version === 1 ? [1000] : [], { etag: `"v${version}"` })(request, response);
    });
    await expect(read(server)).rejects.toBeInstanceOf(CannotResume);
  });

  it("gives up when nothing more comes", async () => {
    await using server = await StandIn.start(cutting([1000, 0, 0, 0, 0, 0]));
    await expect(read(server)).rejects.toMatchObject({ code: "source.unavailable" });
    expect(server.requests.length).toBeLessThanOrEqual(5);
  });
});

describe("a server in trouble", () => {
  it.each([
    ["seconds", () => "1"],
    ["a date", () => new Date(Date.now() + 2000).toUTCString()],
  ])("is not asked again before the time that it names in %s", async (_, after) => {
    const askedMs: number[] = [];
    await using server = await StandIn.start((_request, response) => {
      askedMs.push(performance.now());
      if (askedMs.length === 1) response.writeHead(503, { "retry-after": after() }).end();
      else response.writeHead(200, { "content-length": file.length }).end(file);
    });
    expect((await read(server)).bytes.equals(file)).toBe(true);
    expect(askedMs[1]! - askedMs[0]!).toBeGreaterThan(900);
  });

  it("is asked again after a pause", async () => {
    let answers = 0;
    await using server = await StandIn.start((_, response) => {
      answers += 1;
      if (answers < 3) response.writeHead(503).end();
      else response.end(file);
    });
    expect((await read(server)).bytes.equals(file)).toBe(true);
    expect(server.requests.length).toBe(3);
  });

  it("that stays in it is given up, after four times", async () => {
    await using server = await StandIn.start((_, response) => void response.writeHead(500).end());
    await expect(read(server)).rejects.toMatchObject({ code: "source.unavailable" });
    expect(server.requests.length).toBe(4);
  });

  it.each([
    [401, "source.private"],
    [403, "source.blocked"],
    [404, "source.not_found"],
    [410, "source.not_found"],
    [429, "source.blocked"],
    [451, "source.blocked"],
    [418, "source.not_media"],
  ])("that says %d is asked once: %s", async (status, code) => {
    await using server = await StandIn.start((_, response) => void response.writeHead(status).end());
    await expect(read(server)).rejects.toMatchObject({ code });
    expect(server.requests.length).toBe(1);
  });

  it("ends with the reason of the signal", async () => {
    await using server = await StandIn.start((_, response) => void response.write("x"));
    const stop = new AbortController();
    const reading = read(server, { signal: stop.signal });
    setTimeout(() => stop.abort(new MediaError("source.too_slow", "out of time")), 50);
    await expect(reading).rejects.toMatchObject({ code: "source.too_slow", message: "out of time" });
  });
});

it("an endless file is never held in memory, and ends at the limit", async () => {
  const chunk = Buffer.alloc(1_048_576);
  await using server = await StandIn.start((_, response) => {
    const more = (): void => {
      while (!response.destroyed) if (!response.write(chunk)) return void response.once("drain", more);
    };
    more();
  });
  const before = process.memoryUsage().arrayBuffers;
  await using download = await Download.open(server.url("/"), { ...optionsFor(server), maxBytes: 512 * 1_048_576 });
  let highest = 0;
  const reading = (async () => {
    for await (const _ of download.bytes()) highest = Math.max(highest, process.memoryUsage().arrayBuffers - before);
  })();
  await expect(reading).rejects.toMatchObject({ code: "source.too_large" });
  expect(highest).toBeLessThan(128 * 1_048_576);
});
