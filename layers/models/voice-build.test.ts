import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeSeededVoiceCheckpoint } from "../../test/parity/voice-checkpoint.ts";
import { demoVoiceDirectory, demoVoiceIdentity } from "./demo-voice.ts";
import { buildVoiceModel } from "./voice-build.ts";
import { readIntactVoiceManifest, readVoiceManifest, type VoiceManifest } from "./voice-manifest.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "halfgig-voice-build-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let count = 0;
let checkpointDirectory: string;
let outputDirectory: string;
beforeEach(async () => {
  checkpointDirectory = join(root, `checkpoint-${++count}`);
  outputDirectory = join(root, `built-${count}`);
});

const build = (precision: VoiceManifest["precision"] = "int8", output = outputDirectory) =>
  buildVoiceModel({ checkpointDirectory, outputDirectory: output, precision, identity: demoVoiceIdentity });

async function editJson(name: string, change: (value: Record<string, unknown>) => void): Promise<void> {
  const path = join(checkpointDirectory, name);
  const value = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  change(value);
  await writeFile(path, JSON.stringify(value));
}

describe("buildVoiceModel on an AST", () => {
  beforeEach(() => cp(demoVoiceDirectory, checkpointDirectory, { recursive: true }));

  it("writes a whole folder, described by its manifest, and nothing beside it", async () => {
    const manifest = await build("fp32");
    expect(await readVoiceManifest(outputDirectory)).toEqual(manifest);
    expect(await readIntactVoiceManifest(outputDirectory)).toEqual(manifest);
    expect(manifest).toMatchObject({
      architecture: "ast",
      labels: ["bonafide", "spoof"],
      spoofLabels: [1],
      demo: true,
    });
    expect((await readdir(outputDirectory)).sort()).toEqual([...Object.keys(manifest.files), "model.json"].sort());
    expect((await readdir(root)).filter((name) => name.includes("building"))).toEqual([]);
  });

  it.each(["fp32", "int8"] as const)("gives the same bytes every time: %s", async (precision) => {
    const first = await build(precision);
    const second = await build(precision, `${outputDirectory}-again`);
    expect(second).toEqual(first);
    expect(await build(precision)).toEqual(first);
  });

  it("replaces a damaged build", async () => {
    const manifest = await build();
    await writeFile(join(outputDirectory, "voice.data"), "");
    expect(await readIntactVoiceManifest(outputDirectory)).toBeUndefined();
    await build();
    expect(await readIntactVoiceManifest(outputDirectory)).toEqual(manifest);
  });

  it("refuses labels that do not say which voice is synthetic", async () => {
    await editJson("config.json", (config) => {
      config.id2label = { 0: "LABEL_0", 1: "LABEL_1" };
    });
    await expect(build()).rejects.toMatchObject({
      code: "model.invalid",
      message: expect.stringContaining("id2label"),
    });
  });

  it.each([
    ["config.json", "max_length", 256, "features"],
    ["config.json", "num_attention_heads", 5, "attention heads"],
    ["config.json", "hidden_size", 192, "audio_spectrogram_transformer"],
    ["config.json", "hidden_act", "relu", "hidden_act"],
    ["preprocessor_config.json", "sampling_rate", 44_100, "sampling_rate"],
    ["config.json", "model_type", "bert", "bert"],
  ])("refuses %s with %s = %s", async (file, key, value, reason) => {
    await editJson(file, (config) => {
      config[key] = value;
    });
    await expect(build()).rejects.toMatchObject({ code: "model.invalid", message: expect.stringContaining(reason) });
  });

  it("names the file that is missing", async () => {
    await rm(join(checkpointDirectory, "preprocessor_config.json"));
    await expect(build()).rejects.toMatchObject({
      code: "model.missing",
      message: expect.stringContaining("preprocessor_config.json"),
    });
  });
});

describe("buildVoiceModel on a wav2vec 2.0 detector", () => {
  beforeEach(() => writeSeededVoiceCheckpoint(checkpointDirectory, "xlsrSmall"));

  it("describes what it takes", async () => {
    const manifest = await build();
    expect(manifest).toMatchObject({
      architecture: "wav2vec2",
      windowMs: 4000,
      labels: ["spoof"],
      spoofLabels: [0],
      // One position of the published front end sees 25 ms.
      minSamples: 400,
    });
  });

  it("refuses the variant without layer norms in its convolutions", async () => {
    await editJson("config.json", (config) => {
      config.feat_extract_norm = "group";
    });
    await expect(build()).rejects.toMatchObject({
      code: "model.invalid",
      message: expect.stringContaining("feat_extract_norm"),
    });
  });

  it("lists what is missing", async () => {
    await editJson("config.json", (config) => {
      config.num_hidden_layers = 4;
    });
    await expect(build()).rejects.toMatchObject({
      code: "model.invalid",
      message: expect.stringMatching(/missing: encoder\.layers\.3\.attention\.q_proj\.weight.* more/),
    });
  });

  it("says where weights are looked for", async () => {
    await rm(join(checkpointDirectory, "model.safetensors"));
    await expect(build()).rejects.toMatchObject({ code: "model.missing", message: expect.stringContaining(".pt") });
  });
});
