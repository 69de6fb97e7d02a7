import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WhisperModel } from "../inference/index.ts";
import { buildModel } from "./build.ts";
import { demoCheckpointDirectory } from "./registry.ts";

const identity = { id: "demo", revision: "1", licence: "CC-BY-SA-4.0", demo: true };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-build-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const build = (name: string, checkpointDirectory = demoCheckpointDirectory, precision: "int8" | "fp32" = "int8") =>
  buildModel({ checkpointDirectory, outputDirectory: join(directory, name), precision, identity });

async function changedCheckpoint(name: string, fileName: string, change: (config: Record<string, unknown>) => void) {
  const copy = join(directory, name);
  await cp(demoCheckpointDirectory, copy, { recursive: true });
  const config = JSON.parse(await readFile(join(copy, fileName), "utf8"));
  change(config);
  await writeFile(join(copy, fileName), JSON.stringify(config));
  return copy;
}

describe("buildModel", () => {
  it.each(["int8", "fp32"] as const)("gives the same %s bytes every time", async (precision) => {
    const first = await build(`${precision}-1`, demoCheckpointDirectory, precision);
    const second = await build(`${precision}-2`, demoCheckpointDirectory, precision);
    expect(second.files).toEqual(first.files);
  });

  it("describes the demo checkpoint by its own files", async () => {
    expect(await build("described")).toMatchObject({
      ...identity,
      architecture: "whisper",
      sampleRateHz: 16_000,
      windowMs: 10_000,
      hopMs: 10,
      melBins: 80,
      maxFrames: 1000,
      hiddenSize: 128,
      encoderLayers: 3,
      layers: 2,
      heads: 4,
      headDim: 32,
      vocabSize: 1671,
      maxTargetPositions: 128,
      tokens: {
        startOfTranscript: 1159,
        endOfText: 1158,
        transcribe: 1165,
        translate: 1164,
        noSpeech: 1168,
        noTimestamps: 1169,
        startOfPrev: 1167,
        startOfLm: 1166,
        firstTimestamp: 1170,
        timestampCount: 501,
        timestampStepMs: 20,
        languages: { en: 1160, de: 1161, es: 1162, fr: 1163 },
      },
      beginSuppressTokens: [220, 1158],
      maxInitialTimestampIndex: 500,
      alignmentHeads: [[1, 2]],
      isMultilingual: true,
    });
  });

  it("SPEECH 22: takes the reference's alignment heads where none are named, and builds no scoring graph for none", async () => {
    const named = await changedCheckpoint("unnamed-heads", "generation_config.json", (config) => {
      delete config.alignment_heads;
    });
    const upperHalf = await build("unnamed-heads-built", named);
    expect(upperHalf.alignmentHeads).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 3],
    ]);
    expect(Object.keys(upperHalf.files)).toContain("scoring.onnx");
    const none = await changedCheckpoint("no-heads", "generation_config.json", (config) => {
      config.alignment_heads = [];
    });
    const without = await build("no-heads-built", none);
    expect(without.alignmentHeads).toEqual([]);
    expect(Object.keys(without.files)).not.toContain("scoring.onnx");
    await using model = await WhisperModel.load({ directory: join(directory, "no-heads-built") });
    using audio = await model.encode(new Float32Array(80 * 2), 2);
    await expect(model.align(audio, [1159])).rejects.toMatchObject({ code: "model.invalid" });
  });

  it("lets builds of the same model race for one folder", async () => {
    const manifests = await Promise.all([build("raced"), build("raced"), build("raced")]);
    expect(manifests[1]).toEqual(manifests[0]);
    expect(manifests[2]).toEqual(manifests[0]);
    expect((await readdir(directory)).filter((name) => name.includes(".building-"))).toEqual([]);
  });

  it("replaces what is not a complete model", async () => {
    const manifest = await build("damaged");
    await writeFile(join(directory, "damaged", "encoder.data"), "cut short");
    expect(await build("damaged")).toEqual(manifest);
    expect((await readFile(join(directory, "damaged", "encoder.data"))).length).toBe(
      manifest.files["encoder.data"]!.sizeBytes,
    );
  });

  it("builds English-only checkpoints, which have no language tokens", async () => {
    const checkpoint = await changedCheckpoint("english", "generation_config.json", (config) => {
      config.is_multilingual = false;
      delete config.lang_to_id;
    });
    const { isMultilingual, tokens } = await build("english-built", checkpoint);
    expect({ isMultilingual, languages: tokens.languages }).toEqual({ isMultilingual: false, languages: {} });
  });

  it.each<[string, string, (config: Record<string, unknown>) => void]>([
    ["another architecture", "config.json", (config) => Object.assign(config, { model_type: "wav2vec2" })],
    ["another activation", "config.json", (config) => Object.assign(config, { activation_function: "relu" })],
    ["weights of another size", "config.json", (config) => Object.assign(config, { d_model: 64 })],
    [
      "heads that do not divide the hidden size",
      "config.json",
      (c) => Object.assign(c, { encoder_attention_heads: 3 }),
    ],
    ["more layers than weights", "config.json", (config) => Object.assign(config, { decoder_layers: 3 })],
    [
      "a window that the encoder does not have",
      "preprocessor_config.json",
      (c) => Object.assign(c, { nb_max_frames: 3000 }),
    ],
    [
      "alignment heads that it does not have",
      "generation_config.json",
      (config) => Object.assign(config, { alignment_heads: [[2, 0]] }),
    ],
    ["a tokenizer without special tokens", "tokenizer.json", (config) => Object.assign(config, { added_tokens: [] })],
  ])("refuses %s, and leaves nothing behind", async (name, fileName, change) => {
    const checkpoint = await changedCheckpoint(name, fileName, change);
    await expect(build("refused", checkpoint)).rejects.toMatchObject({ code: "model.invalid" });
    expect((await readdir(directory)).filter((entry) => entry.startsWith("refused"))).toEqual([]);
  });

  it("says which file a checkpoint lacks", async () => {
    const checkpoint = await changedCheckpoint("incomplete", "config.json", () => {});
    await rm(join(checkpoint, "generation_config.json"));
    await expect(build("refused", checkpoint)).rejects.toMatchObject({
      code: "model.missing",
      message: expect.stringContaining("generation_config.json"),
    });
  });
});
