import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { torchFileOf } from "../torch-file/samples.fixture.ts";
import type { Wav2Vec2Sizes } from "./config.ts";
import { headNames, requiredShapes } from "./keys.ts";
import { DetectorWeights, findDetectorPaths } from "./weights.ts";

const sizes: Wav2Vec2Sizes = {
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  feedForwardSize: 16,
  epsilon: 1e-5,
  convolutions: [{ size: 4, kernel: 10, stride: 5 }],
  positionKernel: 6,
  positionGroups: 2,
};
const required = requiredShapes(sizes);
const encoder = [...required].filter(([name]) => !name.startsWith("head."));
const head: [string, readonly number[]][] = [
  ["layer_weights", [2]],
  ["classifier.weight", [1, 8]],
  ["classifier.bias", [1]],
];
const detectorFill = (_: string, elements: number) => new Float32Array(elements).fill(2);
const encoderFill = (_: string, elements: number) => new Float32Array(elements).fill(1);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-detector-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const write = (name: string, shapes: [string, readonly number[]][], fill = detectorFill) =>
  writeFile(join(directory, name), torchFileOf(new Map(shapes), fill));
const prefixed = (prefix: string) =>
  encoder.map(([name, shape]): [string, readonly number[]] => [prefix + name, shape]);
const open = async () => DetectorWeights.open(await findDetectorPaths(directory), sizes);
const refusal = async (reason: string | RegExp) =>
  expect(open()).rejects.toMatchObject({ code: "model.invalid", message: expect.stringMatching(reason) });

describe("DetectorWeights", () => {
  it("reads a detector from one PyTorch file", async () => {
    await write("detector.pt", [...prefixed("backbone."), ...head]);
    await using weights = await open();
    for (const [name, shape] of required) expect((await weights.read(name, shape))[0]).toBe(2);
  });

  it("takes from the encoder's file what the detector's lacks, and nothing else", async () => {
    await write("detector.pt", head);
    await write("pytorch_model.bin", [...prefixed("wav2vec2."), ["project_q.weight", [3, 3]]], encoderFill);
    await using weights = await open();
    expect((await weights.read("encoder.layer_norm.weight", [8]))[0]).toBe(1);
    expect((await weights.read(headNames.layerWeights, [1, 2]))[0]).toBe(2);
  });

  it("prefers the detector's own encoder, which may have been trained further", async () => {
    await write("detector.pt", [...prefixed("model."), ...head]);
    await write("pytorch_model.bin", prefixed(""), encoderFill);
    await using weights = await open();
    expect((await weights.read("encoder.layer_norm.weight", [8]))[0]).toBe(2);
  });

  it("lists what is missing and what has no place", async () => {
    await write("detector.pt", head);
    await refusal(/missing: feature_extractor.* and \d+ more/);
    await write("detector.pt", [...prefixed(""), ...head, ["mixer.weight", [3, 5]]]);
    await refusal("no place in the architecture: mixer.weight");
    await write("detector.pt", [...prefixed(""), ...head, ["encoder.layers.1.attention.q_proj.weight", [8, 8]]]);
    await refusal("no place in the architecture: encoder.layers.1");
  });

  it("refuses weights of another shape", async () => {
    const wrong = prefixed("").map(([name, shape]): [string, readonly number[]] =>
      name === "encoder.layer_norm.bias" ? [name, [9]] : [name, shape],
    );
    await write("detector.pt", [...wrong, ...head]);
    await refusal(/encoder\.layer_norm\.bias has the shape \[9\] where the config needs \[8\]/);
  });

  it("does not choose between two detectors", async () => {
    await write("a.pt", head);
    await write("b.pth", head);
    await refusal("several detectors: a.pt, b.pth");
  });
});
