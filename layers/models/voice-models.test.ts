import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { demoVoiceDirectory } from "./demo-voice.ts";
import { HubServer } from "./hub/hub-server.fixture.ts";
import { listModels, removeModel } from "./library.ts";
import { obtainVoiceModel } from "./obtain.ts";
import { pullModel } from "./pull.ts";
import { resolveVoiceModel } from "./resolve.ts";
import { torchFileOf } from "./torch-file/samples.fixture.ts";
import { dropDamagedBuilds, verifyModel } from "./verify.ts";
import { headNames, requiredShapes } from "./wav2vec2/keys.ts";

const astRepo = "MattyB95/AST-ASVspoof5-Synthetic-Voice-Detection";
const detectorRepo = "Sadanie/pellav2-audio-deepfake-detector";
const encoderRepo = "facebook/wav2vec2-xls-r-300m";

let modelsDirectory: string;
let hub: HubServer;
beforeEach(async () => {
  modelsDirectory = await mkdtemp(join(tmpdir(), "halfgig-voice-models-"));
  hub = await HubServer.start();
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(modelsDirectory, { recursive: true, force: true });
});

const pull = (name: string) => pullModel({ name, modelsDirectory, hub: hub.settings() });
const obtain = (id: string) => obtainVoiceModel({ id, modelsDirectory, precision: "int8", hub: hub.settings() });
const row = async (id: string) => (await listModels(modelsDirectory)).find((model) => model.id === id);

async function publishAst(change: (config: string) => string = (config) => config): Promise<void> {
  for (const name of await readdir(demoVoiceDirectory)) {
    const bytes = await readFile(join(demoVoiceDirectory, name));
    hub.files.set(`${astRepo}/${name}`, name === "config.json" ? Buffer.from(change(bytes.toString())) : bytes);
  }
}

/** A detector on a small encoder of XLS-R's kind, its file whole or with its head alone. */
async function publishXlsr({ headOnly }: { headOnly: boolean }): Promise<void> {
  const configs = new URL("../../test/parity/voice-configs.json", import.meta.url);
  const { xlsrSmall: config } = JSON.parse(await readFile(configs, "utf8"));
  const sizes = {
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    feedForwardSize: config.intermediate_size,
    epsilon: 1e-5,
    convolutions: config.conv_dim.map((size: number, i: number) => {
      return { size, kernel: config.conv_kernel[i], stride: config.conv_stride[i] };
    }),
    positionKernel: config.num_conv_pos_embeddings,
    positionGroups: config.num_conv_pos_embedding_groups,
  };
  const shapes = requiredShapes(sizes);
  const heads: readonly string[] = Object.values(headNames);
  const fill = (_: string, elements: number) => new Float32Array(elements).map((_value, i) => ((i % 13) - 6) / 50);
  const file = (wanted: (name: string) => boolean, prefix: string) =>
    torchFileOf(
      new Map(
        [...shapes]
          .filter(([name]) => wanted(name))
          .map(([name, shape]) => [isHead(name) ? name : prefix + name, shape]),
      ),
      fill,
    );
  const isHead = (name: string) => heads.includes(name);
  hub.files.set(`${encoderRepo}/config.json`, Buffer.from(JSON.stringify(config)));
  const preprocessor = JSON.stringify({ sampling_rate: 16_000, do_normalize: true });
  hub.files.set(`${encoderRepo}/preprocessor_config.json`, Buffer.from(preprocessor));
  hub.files.set(
    `${encoderRepo}/pytorch_model.bin`,
    file((name) => !isHead(name), "wav2vec2."),
  );
  hub.files.set(
    `${detectorRepo}/pellav2_detector.pt`,
    file((name) => !headOnly || isHead(name), "backbone."),
  );
}

describe("the registry's AST detectors", () => {
  it("are fetched, built, listed, verified and removed as speech models are", async () => {
    await publishAst();
    expect(await row("ast-asvspoof5")).toMatchObject({ kind: "voice", present: false, licence: "BSD-3-Clause" });
    const { locked } = await pull("ast-asvspoof5");
    expect(locked).toMatchObject({ repo: astRepo, revision: hub.commit, licence: "BSD-3-Clause" });
    const { manifest, built, directory } = await obtain("ast-asvspoof5");
    expect(built).toBe(true);
    expect(manifest).toMatchObject({ id: "ast-asvspoof5", architecture: "ast", revision: hub.commit, demo: false });
    expect((await obtain("ast-asvspoof5")).built).toBe(false);
    expect(await row("ast-asvspoof5")).toMatchObject({ present: true, built: ["int8"] });
    const verify = () => verifyModel({ name: "ast-asvspoof5", modelsDirectory });
    expect((await verify()).problems).toEqual([]);
    await writeFile(join(directory, "voice.data"), "damaged");
    expect((await verify()).problems).toMatchObject([{ problem: "is incomplete or of another version" }]);
    expect(await dropDamagedBuilds({ name: "ast-asvspoof5", modelsDirectory })).toBe(1);
    expect(await removeModel({ name: "ast-asvspoof5", modelsDirectory })).toBeGreaterThan(1e6);
    expect(await row("ast-asvspoof5")).toMatchObject({ present: false, built: [], sizeBytes: 0 });
  });

  it("are refused when their labels are not those that were published", async () => {
    await publishAst((config) => {
      const parsed = JSON.parse(config) as { id2label: Record<string, string> };
      const { 0: first, 1: second } = parsed.id2label;
      return JSON.stringify({ ...parsed, id2label: { 0: second, 1: first } });
    });
    await expect(obtain("ast-asvspoof5")).rejects.toMatchObject({
      code: "model.invalid",
      message: expect.stringContaining("the wrong way round"),
    });
  });

  it("say how to get them where they are not", async () => {
    const missing = resolveVoiceModel({ id: "ast-asvspoof5", modelsDirectory, precision: "int8" });
    await expect(missing).rejects.toMatchObject({
      code: "model.missing",
      message: expect.stringMatching(new RegExp(`${astRepo}/resolve/main/model.safetensors.*--voice-model demo`, "s")),
    });
  });

  it("of the demo come with halfgig, and are not pulled", async () => {
    expect((await obtain("demo-ast")).manifest).toMatchObject({ id: "demo-ast", demo: true, spoofLabels: [1] });
    await expect(pull("demo-ast")).rejects.toMatchObject({ code: "config.invalid" });
    expect(hub.requests).toEqual([]);
  });
});

describe("the detector on XLS-R", () => {
  it.each([
    ["that holds all weights is fetched without the encoder's", false],
    ["that holds its head alone is fetched with the encoder's", true],
  ])("%s", async (_, headOnly) => {
    await publishXlsr({ headOnly });
    const { locked, directory } = await pull("xlsr-pellav2");
    expect(locked.repo).toBe(detectorRepo);
    expect(await readdir(directory)).toEqual(
      [
        "config.json",
        "pellav2_detector.pt",
        "preprocessor_config.json",
        ...(headOnly ? ["pytorch_model.bin"] : []),
      ].sort(),
    );
    const requests = hub.requests.length;
    expect((await pull("xlsr-pellav2")).downloadedBytes).toBe(0);
    expect(hub.requests).toHaveLength(requests);
    const { manifest } = await obtain("xlsr-pellav2");
    expect(manifest).toMatchObject({ id: "xlsr-pellav2", architecture: "wav2vec2", labels: ["spoof"], licence: "MIT" });
    expect((await verifyModel({ name: "xlsr-pellav2", modelsDirectory })).problems).toEqual([]);
  });

  it("is not replaced by other files under the same names", async () => {
    await publishXlsr({ headOnly: false });
    const { directory } = await pull("xlsr-pellav2");
    await rm(join(directory, "config.json"));
    hub.files.set(`${encoderRepo}/config.json`, Buffer.from('{"model_type":"wav2vec2"}'));
    await expect(pull("xlsr-pellav2")).rejects.toMatchObject({ code: "model.changed" });
  });
});
