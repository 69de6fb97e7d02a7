import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DownloadOptions, type DownloadProgress, downloadFile, gitBlobSha1, pauseAfter } from "./download.ts";
import { HttpSource } from "./http-source.ts";
import { cutAfter, HubServer, quickPatience, stallAfter, status } from "./hub-server.fixture.ts";
import { defaultPatience, type HubSettings } from "./settings.ts";

const content = randomBytes(200_000);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const pinned = { sizeBytes: content.length, sha256: sha256(content), from: "halfgig's registry" };

let directory: string;
let hub: HubServer;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-download-"));
  hub = await HubServer.start();
  hub.files.set("org/model/weights.bin", content);
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const download = (changes: Partial<DownloadOptions> = {}, settings: Partial<HubSettings> = {}) =>
  downloadFile({
    source: new HttpSource(hub.settings(settings)),
    repo: "org/model",
    revision: hub.commit,
    name: "weights.bin",
    path: join(directory, "weights.bin"),
    maximumBytes: 2 ** 20,
    patience: quickPatience,
    ...changes,
  });
// Compared as a whole: a matcher would walk through the bytes one by one.
const storedIs = async (bytes: Buffer) => (await readFile(join(directory, "weights.bin"))).equals(bytes);
const failure = (changes: Partial<DownloadOptions> = {}, settings: Partial<HubSettings> = {}) =>
  download(changes, settings).then(
    () => undefined,
    (error) => error,
  );

describe("downloadFile", () => {
  it("streams a file, says how far it is, and returns what it got", async () => {
    const seen: DownloadProgress[] = [];
    const file = await download({ expected: pinned, onProgress: (progress) => seen.push(progress) });
    expect(file).toEqual({
      sizeBytes: content.length,
      sha256: pinned.sha256,
      downloadedBytes: content.length,
      commit: hub.commit,
    });
    expect(await storedIs(content)).toBe(true);
    expect(seen[0]).toEqual({ file: "weights.bin", receivedBytes: 0, totalBytes: content.length });
    expect(seen.at(-1)?.receivedBytes).toBe(content.length);
    const amounts = seen.map(({ receivedBytes }) => receivedBytes);
    expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
  });

  it("goes on by Range and If-Range after a connection is cut", async () => {
    hub.faults.push(cutAfter(70_000));
    const file = await download({ expected: pinned });
    expect(file.downloadedBytes).toBe(content.length);
    expect(hub.requests[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(hub.requests[1]?.headers["if-range"]).toMatch(/^"[0-9a-f]{40}"$/);
    expect(await storedIs(content)).toBe(true);
  });

  it("goes on after a body that stalls", async () => {
    hub.faults.push(stallAfter(50_000));
    await download({ expected: pinned });
    expect(hub.requests).toHaveLength(2);
    expect(await storedIs(content)).toBe(true);
  });

  it("goes on in a later process, and keeps what arrived when all tries fail", async () => {
    hub.headers = () => ({ "x-linked-etag": `"${pinned.sha256}"` });
    hub.faults.push(cutAfter(90_000), ...Array.from({ length: 4 }, () => status(503)));
    const error = await failure();
    expect(error).toMatchObject({
      code: "model.hub_unreachable",
      message: expect.stringContaining("goes on from there"),
    });
    expect((await readdir(directory)).sort()).toEqual(["weights.bin.part", "weights.bin.part.json"]);
    const file = await download();
    expect(file.downloadedBytes).toBeLessThan(content.length);
    expect(await storedIs(content)).toBe(true);
  });

  it("starts over when the file has changed while it was resumed", async () => {
    const other = randomBytes(150_000);
    hub.faults.push(cutAfter(60_000), (_request, _response, serve) => {
      hub.files.set("org/model/weights.bin", other);
      serve();
    });
    expect((await download()).sha256).toBe(sha256(other));
    expect(await storedIs(other)).toBe(true);
  });

  it("starts over when a part goes beyond the file, or belongs to another revision", async () => {
    const receipt = (revision: string) => JSON.stringify({ repo: "org/model", revision, validator: '"gone"' });
    await writeFile(join(directory, "weights.bin.part"), randomBytes(300_000));
    await writeFile(join(directory, "weights.bin.part.json"), receipt(hub.commit));
    await download({ expected: pinned });
    expect(await storedIs(content)).toBe(true);
    await rm(join(directory, "weights.bin"));
    await writeFile(join(directory, "weights.bin.part"), randomBytes(1000));
    await writeFile(join(directory, "weights.bin.part.json"), receipt("another"));
    await download({ expected: pinned });
    expect(hub.requests.at(-1)?.headers.range).toBeUndefined();
  });

  it("starts over in a later process where no SHA-256 will prove what was joined", async () => {
    hub.faults.push(cutAfter(90_000), ...Array.from({ length: 4 }, () => status(503)));
    await failure();
    expect((await download()).downloadedBytes).toBe(content.length);
    expect(await storedIs(content)).toBe(true);
  });

  it("fetches nothing when the last process ended just before the end", async () => {
    await download();
    const file = await download();
    expect(file).toMatchObject({ downloadedBytes: 0, sha256: pinned.sha256 });
    expect(hub.requests).toHaveLength(1);
  });

  it("tries again after 503 and 429", async () => {
    hub.faults.push(status(503), status(429, { "retry-after": "0" }));
    await download({ expected: pinned });
    expect(hub.requests).toHaveLength(3);
  });

  it("ends when the hub asks for a pause that nobody would sit through", async () => {
    hub.faults.push(status(429, { "retry-after": "3600" }));
    expect(await failure()).toMatchObject({ message: expect.stringMatching(/answered 429.*pause of 3600 s/) });
    expect(hub.requests).toHaveLength(1);
  });

  it("takes a body that ends before its Content-Length for cut, and gives up in the end", async () => {
    hub.faults.push(...Array.from({ length: 5 }, () => cutAfter(0)));
    expect(await failure()).toMatchObject({ code: "model.hub_unreachable" });
    expect(hub.requests).toHaveLength(5);
  });

  it("refuses a size or a SHA-256 other than the pinned one before it fetches", async () => {
    hub.files.set("org/model/weights.bin", randomBytes(150_000));
    expect(await failure({ expected: pinned })).toMatchObject({
      code: "model.invalid",
      message: expect.stringMatching(/has 150000 bytes, where halfgig's registry says 200000/),
    });
    hub.headers = () => ({ "x-linked-etag": `"${"a".repeat(64)}"` });
    hub.files.set("org/model/weights.bin", content);
    expect(await failure({ expected: pinned })).toMatchObject({ message: expect.stringContaining("a".repeat(64)) });
  });

  it("keeps nothing of a file with the wrong content, after a second try", async () => {
    hub.files.set("org/model/weights.bin", randomBytes(content.length));
    expect(await failure({ expected: pinned })).toMatchObject({
      code: "model.invalid",
      message: expect.stringMatching(/has the SHA-256 [0-9a-f]{64}, where .* It was not kept/),
    });
    expect(hub.requests).toHaveLength(2);
    expect(await readdir(directory)).not.toContain("weights.bin");
  });

  it("checks the SHA-256 that the hub names where none is pinned, and Git's id where that is", async () => {
    hub.headers = () => ({ "x-linked-etag": `"${"b".repeat(64)}"` });
    expect(await failure()).toMatchObject({ code: "model.invalid" });
    hub.headers = () => ({});
    expect(await failure({ expected: { gitSha1: "0".repeat(40), from: "x" } })).toMatchObject({
      code: "model.invalid",
    });
    await download({ expected: { gitSha1: gitBlobSha1(content), from: "x" } });
    expect(await storedIs(content)).toBe(true);
  });

  it("stops at the largest size that it may have, announced or not", async () => {
    expect(await failure({ maximumBytes: 100_000 })).toMatchObject({
      message: expect.stringContaining("at most 100000"),
    });
    hub.faults.push((_request, response) => {
      response.writeHead(200);
      response.write(content, () => response.write(content));
    });
    expect(await failure({ maximumBytes: 100_000 })).toMatchObject({
      message: expect.stringContaining("does not end"),
    });
  });

  it("says how much room is missing before it fills the disk", async () => {
    const error = await failure({ freeBytes: async () => 1000 });
    expect(error).toMatchObject({ code: "model.no_space", message: expect.stringContaining("WHISPER_MODEL_PATH") });
    expect(await readdir(directory)).not.toContain("weights.bin");
  });

  it("can be given up by its caller", async () => {
    const stop = new AbortController();
    hub.faults.push(stallAfter(50_000));
    const running = failure({
      signal: stop.signal,
      onProgress: ({ receivedBytes }) => receivedBytes > 0 && stop.abort(),
    });
    expect(await running).toMatchObject({ name: "AbortError" });
  });

  it("brings the same bytes however often and wherever the connection is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(content.length), { maxLength: 4 }), async (cuts) => {
        await rm(join(directory, "weights.bin"), { force: true });
        await rm(join(directory, "weights.bin.part.json"), { force: true });
        hub.faults.length = 0;
        hub.faults.push(...cuts.map(cutAfter));
        await download();
        expect(await storedIs(content)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });
});

describe("pauseAfter", () => {
  it.each([
    ["grows with each try that brought nothing", 2, 0, { answered: true }, 1000],
    ["is as long as Retry-After asks", 1, 0, { answered: true, retryAfterMs: 9000 }, 9000],
    [
      "ends the download where Retry-After asks for more than a minute",
      1,
      0,
      { answered: true, retryAfterMs: 61_000 },
      undefined,
    ],
    ["ends the download after the last try", 5, 0, { answered: true }, undefined],
    ["ends soon where nothing has ever answered", 2, 2500, { answered: false }, undefined],
    ["goes on where something has", 2, 2500, { answered: true }, 1000],
  ])("%s", (_name, failures, elapsedMs, error, expected) => {
    const transient = { retryAfterMs: undefined, ...error };
    expect(pauseAfter(transient, failures, elapsedMs, defaultPatience)).toBe(expected);
  });
});
