import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestS3 } from "../../test/support/s3.ts";
import { sha256Hex } from "../core/index.ts";
import { fetchModelFolder } from "./model-folder.ts";
import { putObject } from "./objects.ts";

const prefix = "models/detector-int8-b1-abc/";
const weights = "w".repeat(100_000);
const files = {
  "voice.onnx": { sizeBytes: 5, sha256: sha256Hex("graph") },
  "voice.data": { sizeBytes: weights.length, sha256: sha256Hex(weights) },
};

let server: AsyncDisposable;
let parent: string;
beforeAll(async () => {
  server = await openTestS3();
  parent = await mkdtemp(join(tmpdir(), "halfgig-folder-"));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(parent, { recursive: true, force: true });
});

const put = (name: string, body: string) => putObject("results", prefix + name, body, "application/octet-stream");
const fetchFolder = () => fetchModelFolder("results", prefix, parent);

describe("a model that is too large for a layer", () => {
  it("is refused while it is not in the bucket", async () => {
    await expect(fetchFolder()).rejects.toMatchObject({ code: "model.missing" });
  });

  it("is refused, and leaves nothing, where a file is not what was built", async () => {
    await put("voice.onnx", "graph");
    await put("voice.data", "w".repeat(99_999));
    await put("model.json", JSON.stringify({ id: "detector", files }));
    await expect(fetchFolder()).rejects.toMatchObject({ code: "model.invalid" });
    expect(await readdir(join(parent, "models"))).toEqual([]);
  });

  it("is fetched whole, once", async () => {
    await put("voice.data", weights);
    const directory = await fetchFolder();
    expect(await readFile(join(directory, "voice.data"), "utf8")).toBe(weights);
    expect(JSON.parse(await readFile(join(directory, "model.json"), "utf8"))).toMatchObject({ id: "detector" });
    await writeFile(join(directory, "here-already"), "");
    expect(await fetchFolder()).toBe(directory);
    expect(await readdir(directory)).toContain("here-already");
  });

  it("is refused where it finds no room", async () => {
    const huge = { ...files, "voice.data": { sizeBytes: 2 ** 50, sha256: files["voice.data"].sha256 } };
    await put("model.json", JSON.stringify({ id: "detector", files: huge }));
    await expect(fetchFolder()).rejects.toMatchObject({ code: "model.no_space" });
  });
});
