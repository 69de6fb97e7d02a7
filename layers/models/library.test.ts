import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HubServer } from "./hub/hub-server.fixture.ts";
import { listModels, removeModel } from "./library.ts";
import { readLock } from "./lock-file.ts";
import { pullModel } from "./pull.ts";
import { demoCheckpointDirectory } from "./registry.ts";
import { resolveModel } from "./resolve.ts";
import { dropDamagedBuilds, verifyModel } from "./verify.ts";

const name = "demo-org/demo";
let modelsDirectory: string;
beforeEach(async () => {
  modelsDirectory = await mkdtemp(join(tmpdir(), "halfgig-library-"));
});
afterEach(() => rm(modelsDirectory, { recursive: true, force: true }));

async function pullDemo(): Promise<string> {
  await using hub = await HubServer.start();
  for (const file of await readdir(demoCheckpointDirectory)) {
    hub.files.set(`demo-org/demo/${file}`, await readFile(join(demoCheckpointDirectory, file)));
  }
  return (await pullModel({ name, modelsDirectory, hub: hub.settings() })).directory;
}
const build = (id: string) => resolveModel({ id, modelsDirectory, precision: "int8" });
const verify = (which = name) => verifyModel({ name: which, modelsDirectory });
const row = async (id: string) => (await listModels(modelsDirectory)).find((model) => model.id === id);

describe("listModels", () => {
  it("lists known models, and others that are here", async () => {
    expect(await row("whisper-tiny")).toMatchObject({ present: false, built: [], sizeBytes: 0, licence: "Apache-2.0" });
    expect(await row("demo")).toMatchObject({ demo: true, present: true, built: [] });
    expect(await row("demo-org--demo")).toBeUndefined();
    await pullDemo();
    await build(name);
    expect(await row("demo-org--demo")).toMatchObject({ present: true, built: ["int8"], source: name, demo: false });
  });
});

describe("verifyModel", () => {
  it("reads every file and finds nothing wrong", async () => {
    await pullDemo();
    await build(name);
    const { manifest } = await build(name);
    const report = await verify();
    expect(report).toMatchObject({ id: "demo-org--demo", problems: [], unvouched: [] });
    expect(report.soundFiles).toBe(Object.keys(manifest.files).length + 7);
  });

  it("finds a changed byte in the checkpoint and in graphs, and says how to mend each", async () => {
    const checkpoint = await pullDemo();
    const { directory } = await build(name);
    for (const path of [join(checkpoint, "model.safetensors"), join(directory, "decoder.data")]) {
      const bytes = await readFile(path);
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(path, bytes);
    }
    const { problems } = await verify();
    const about = (end: string) => problems.find(({ path }) => path.endsWith(end));
    expect(about("model.safetensors")).toMatchObject({
      problem: expect.stringContaining("SHA-256"),
      advice: expect.stringContaining("halfgig models pull demo-org--demo"),
    });
    expect(about("decoder.data")?.advice).toContain("halfgig models build demo-org--demo --precision int8");
    expect(await dropDamagedBuilds({ name, modelsDirectory })).toBe(1);
    expect(await dropDamagedBuilds({ name, modelsDirectory })).toBe(0);
  });

  it("finds files that are gone, and graphs that were cut short", async () => {
    const checkpoint = await pullDemo();
    const { directory } = await build(name);
    await rm(join(checkpoint, "tokenizer.json"));
    await writeFile(join(directory, "encoder.data"), "cut");
    expect((await verify()).problems.map(({ problem }) => problem)).toEqual([
      "is not there",
      "is incomplete or of another version",
    ]);
  });

  it("checks the demo model's graphs, and says what it cannot compare", async () => {
    await build("demo");
    const report = await verify("demo");
    expect(report.problems).toEqual([]);
    expect(report.unvouched).toContain("model.safetensors");
  });

  it("says so when there is nothing to verify", async () => {
    await expect(verify("whisper-tiny")).rejects.toMatchObject({ code: "model.missing" });
  });
});

describe("removeModel", () => {
  it("removes the graphs alone, or everything, and says what that freed", async () => {
    const checkpoint = await pullDemo();
    await build(name);
    await build("demo");
    const both = (await row("demo-org--demo"))!.sizeBytes;
    const graphs = await removeModel({ name, modelsDirectory, buildsOnly: true });
    expect(graphs).toBeGreaterThan(1e6);
    expect(await readdir(checkpoint)).toContain("model.safetensors");
    expect(await removeModel({ name, modelsDirectory })).toBe(both - graphs);
    expect(await readLock(modelsDirectory)).toEqual({});
    expect(await row("demo-org--demo")).toBeUndefined();
    expect((await row("demo"))?.built).toEqual(["int8"]);
    await expect(removeModel({ name, modelsDirectory })).rejects.toMatchObject({ code: "model.missing" });
  });

  it("leaves alone what is no model", async () => {
    await mkdir(join(modelsDirectory, "Documents"));
    await writeFile(join(modelsDirectory, "Documents", "thesis.txt"), "years");
    await writeFile(join(modelsDirectory, "notes"), "days");
    for (const mine of ["Documents", "notes"]) {
      await expect(removeModel({ name: mine, modelsDirectory })).rejects.toMatchObject({ code: "model.missing" });
    }
    expect(await readdir(join(modelsDirectory, "Documents"))).toEqual(["thesis.txt"]);
  });

  it("leaves the shipped checkpoint alone", async () => {
    await build("demo");
    await removeModel({ name: "demo", modelsDirectory });
    expect(await readdir(demoCheckpointDirectory)).toContain("model.safetensors");
  });
});
