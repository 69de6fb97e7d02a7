import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cutAfter, HubServer, quickPatience, status } from "./hub/hub-server.fixture.ts";
import { lockFileName, readLock } from "./lock-file.ts";
import { obtainModel } from "./obtain.ts";
import { type PullOptions, pullModel } from "./pull.ts";
import { demoCheckpointDirectory } from "./registry.ts";

const fileNames = await readdir(demoCheckpointDirectory);
let modelsDirectory: string;
let hub: HubServer;
beforeEach(async () => {
  modelsDirectory = await mkdtemp(join(tmpdir(), "halfgig-pull-"));
  hub = await HubServer.start();
  for (const name of fileNames) {
    hub.files.set(`demo-org/demo/${name}`, await readFile(join(demoCheckpointDirectory, name)));
  }
  hub.files.set("demo-org/demo/README.md", Buffer.from("---\nlicense: cc-by-sa-4.0\ntags: [x]\n---\n# Card\n"));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(modelsDirectory, { recursive: true, force: true });
});

const pull = (changes: Partial<PullOptions> = {}) =>
  pullModel({ name: "demo-org/demo", modelsDirectory, hub: hub.settings(), ...changes });
const asked = () => hub.requests.map(({ path }) => path);

describe("pullModel", () => {
  it("fetches a repository at the commit that its branch stands for, and locks it", async () => {
    const { id, directory, locked, downloadedBytes } = await pull();
    expect({ id, directory }).toEqual({ id: "demo-org--demo", directory: join(modelsDirectory, "demo-org--demo") });
    expect((await readdir(directory)).sort()).toEqual([...fileNames, "README.md"].sort());
    expect(downloadedBytes).toBe(Object.values(locked.files).reduce((total, { sizeBytes }) => total + sizeBytes, 0));
    expect(locked).toMatchObject({ repo: "demo-org/demo", revision: hub.commit, licence: "cc-by-sa-4.0" });
    expect((await readLock(modelsDirectory))[id]).toEqual(locked);
    expect(asked()[0]).toBe("demo-org/demo/resolve/main/config.json");
    expect(
      asked()
        .slice(1)
        .every((path) => path.startsWith(`demo-org/demo/resolve/${hub.commit}/`)),
    ).toBe(true);
  });

  it("fetches nothing the second time, and changes nothing", async () => {
    const first = await pull();
    const before = await readFile(join(modelsDirectory, lockFileName), "utf8");
    const requests = hub.requests.length;
    expect(await pull()).toEqual({ ...first, downloadedBytes: 0 });
    expect(hub.requests).toHaveLength(requests);
    expect(await readFile(join(modelsDirectory, lockFileName), "utf8")).toBe(before);
  });

  it("fetches again what is damaged or gone, and only that", async () => {
    const { directory, locked } = await pull();
    await writeFile(join(directory, "tokenizer.json"), "{}");
    await rm(join(directory, "config.json"));
    hub.requests.length = 0;
    const { downloadedBytes } = await pull();
    expect(downloadedBytes).toBe(locked.files["tokenizer.json"]!.sizeBytes + locked.files["config.json"]!.sizeBytes);
    expect(asked()).toHaveLength(2);
  });

  it("refuses what differs from the lock, until it is told to update", async () => {
    await pull();
    const old = hub.commit;
    hub.commit = "f00d".padEnd(40, "0");
    hub.files.set("demo-org/demo/tokenizer_config.json", Buffer.from("{}"));
    const refused = { code: "model.changed", message: expect.stringMatching(new RegExp(`${old}.*--update`)) };
    await expect(pull({ name: "demo-org/demo@main" })).rejects.toMatchObject(refused);
    await expect(pull({ name: `demo-org/demo@${hub.commit}` })).rejects.toMatchObject(refused);
    const { locked } = await pull({ update: true });
    expect(locked.revision).toBe(hub.commit);
    expect(locked.files["tokenizer_config.json"]?.sizeBytes).toBe(2);
  });

  it("refuses other content under a commit that is locked", async () => {
    const { directory } = await pull();
    await rm(join(directory, "tokenizer_config.json"));
    hub.files.set("demo-org/demo/tokenizer_config.json", Buffer.from("{}"));
    await expect(pull()).rejects.toMatchObject({
      code: "model.changed",
      message: expect.stringMatching(/models\.lock\.json says.*--update/),
    });
  });

  it("serves two callers with one download", async () => {
    const [first, second] = await Promise.all([pull(), pull()]);
    expect([first.downloadedBytes, second.downloadedBytes].sort((a, b) => a - b)[0]).toBe(0);
    expect(asked().filter((path) => path.endsWith("model.safetensors"))).toHaveLength(1);
    expect(await readdir(join(modelsDirectory, ".pulling"))).toEqual([]);
  });

  it("goes on after a pull that failed, without fetching again what had arrived", async () => {
    const weights = hub.files.get("demo-org/demo/model.safetensors")!;
    hub.files.delete("demo-org/demo/model.safetensors");
    await expect(pull()).rejects.toMatchObject({ code: "model.not_published" });
    expect(await readdir(modelsDirectory)).toEqual([".pulling"]);
    hub.files.set("demo-org/demo/model.safetensors", weights);
    hub.requests.length = 0;
    await pull();
    expect(asked().filter((path) => path.endsWith("tokenizer.json"))).toEqual([]);
  });

  it("survives cuts and refusals on the way", async () => {
    hub.faults.push(status(503), cutAfter(100), status(429, { "retry-after": "0" }), status(500));
    const { directory } = await pull();
    const weights = hub.files.get("demo-org/demo/model.safetensors")!;
    expect((await readFile(join(directory, "model.safetensors"))).equals(weights)).toBe(true);
  });

  it("takes weights in shards, and drops those of an earlier revision", async () => {
    const { directory } = await pull();
    const weights = hub.files.get("demo-org/demo/model.safetensors")!;
    hub.files.delete("demo-org/demo/model.safetensors");
    hub.files.set("demo-org/demo/model-00001-of-00001.safetensors", weights);
    const index = { weight_map: { "model.decoder.embed_tokens.weight": "model-00001-of-00001.safetensors" } };
    hub.files.set("demo-org/demo/model.safetensors.index.json", Buffer.from(JSON.stringify(index)));
    hub.commit = "f00d".padEnd(40, "0");
    await pull({ update: true });
    const names = await readdir(directory);
    expect(names).toContain("model-00001-of-00001.safetensors");
    expect(names).not.toContain("model.safetensors");
  });

  it("refuses a model of another kind before its weights are fetched", async () => {
    hub.files.set("demo-org/demo/config.json", Buffer.from('{"model_type": "bert"}'));
    await expect(pull()).rejects.toMatchObject({ code: "model.invalid", message: expect.stringContaining('"bert"') });
    expect(hub.requests).toHaveLength(1);
  });

  it("refuses a known model's weights when they are not the pinned ones", async () => {
    for (const [path, content] of [...hub.files])
      hub.files.set(path.replace("demo-org/demo", "openai/whisper-tiny.en"), content);
    hub.commit = "87c7102498dcde7456f24cfd30239ca606ed9063";
    await expect(pull({ name: "whisper-tiny.en" })).rejects.toMatchObject({
      code: "model.invalid",
      message: expect.stringContaining("151060136"),
    });
    hub.commit = "f00d".padEnd(40, "0");
    await rm(join(modelsDirectory, ".pulling"), { recursive: true });
    await expect(pull({ name: "whisper-tiny.en" })).rejects.toMatchObject({
      message: expect.stringContaining("answers with f00d"),
    });
  });

  it("copies from a mirror folder without a network", async () => {
    const mirror = join(modelsDirectory, "mirror");
    await cp(demoCheckpointDirectory, join(mirror, "demo-org", "demo"), { recursive: true });
    const { locked } = await pull({ hub: hub.settings({ mirrorDirectory: mirror, offline: true }) });
    expect(locked).toMatchObject({ revision: "main", licence: "unknown", source: `the model mirror ${mirror}` });
    expect(hub.requests).toEqual([]);
  });

  it.each([
    ["demo", "config.invalid"],
    ["mine", "model.missing"],
  ])("has nowhere to fetch %s from", async (name, code) => {
    await expect(pull({ name })).rejects.toMatchObject({ code });
  });
});

describe("obtainModel", () => {
  const obtain = (id: string, changes = {}) =>
    obtainModel({ id, modelsDirectory, precision: "int8", hub: hub.settings(changes) });

  it("fetches and builds what is not there, and needs no hub afterwards", async () => {
    const first = await obtain("demo-org/demo");
    const identity = { id: "demo-org--demo", revision: hub.commit, licence: "cc-by-sa-4.0", demo: false };
    expect(first).toMatchObject({ built: true, manifest: identity });
    expect(await obtain("demo-org--demo", { offline: true })).toEqual({ ...first, built: false });
  });

  it("names both ways out when the hub cannot be reached", async () => {
    const closed = await HubServer.start();
    const endpoint = new URL(closed.url);
    await closed[Symbol.asyncDispose]();
    const error = await obtain("whisper-tiny", { endpoint, patience: quickPatience }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "model.missing" });
    expect(error.message).toMatch(/ECONNREFUSED/);
    expect(error.message).toContain("halfgig models pull whisper-tiny");
    expect(error.message).toContain("https://huggingface.co/openai/whisper-tiny");
    expect(error.message).toContain("--model demo");
    await expect(obtain("whisper-tiny", { offline: true })).rejects.toMatchObject({
      code: "model.missing",
      message: expect.stringContaining("HF_HUB_OFFLINE"),
    });
  });

  it("does not build from a checkpoint that is no longer what was fetched", async () => {
    const { directory } = await pull();
    await writeFile(join(directory, "generation_config.json"), "{}");
    await expect(obtain("demo-org/demo")).rejects.toMatchObject({
      code: "model.invalid",
      message: expect.stringMatching(/generation_config\.json is not the file of demo-org\/demo.*halfgig models pull/),
    });
  });
});
