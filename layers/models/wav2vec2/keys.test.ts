import { describe, expect, it } from "vitest";
import type { Wav2Vec2Sizes } from "./config.ts";
import { headNames, mapDetectorKeys, mapEncoderKeys, requiredShapes } from "./keys.ts";

const sizes: Wav2Vec2Sizes = {
  hiddenSize: 8,
  layers: 2,
  heads: 2,
  feedForwardSize: 16,
  epsilon: 1e-5,
  convolutions: [{ size: 4, kernel: 10, stride: 5 }],
  positionKernel: 6,
  positionGroups: 2,
};
const encoder = [...requiredShapes(sizes)].filter(([name]) => !name.startsWith("head."));

type Extra = Record<string, readonly number[]>;
const tensors = (prefix: string, extra: Extra) =>
  new Map(
    [...encoder.map(([name, shape]) => [prefix + name, shape] as const), ...Object.entries(extra)].map(
      ([name, shape]) => [name, { shape }] as const,
    ),
  );
const head: Extra = { layer_weights: [3], "classifier.weight": [1, 8], "classifier.bias": [1] };

describe("mapDetectorKeys", () => {
  it.each(["", "wav2vec2.", "backbone.", "module.model.ssl."])("finds the encoder behind the prefix %j", (prefix) => {
    const { found, unexpected } = mapDetectorKeys(tensors(prefix, head), sizes);
    expect(unexpected).toEqual([]);
    expect([...found.keys()].sort()).toEqual([...requiredShapes(sizes).keys()].sort());
    expect(found.get("encoder.layer_norm.bias")).toBe(`${prefix}encoder.layer_norm.bias`);
  });

  it.each<Extra>([
    { weights: [3], "fc.weight": [1, 8], "fc.bias": [1] },
    { "pool.w": [3, 1, 1], "head.0.weight": [1, 8], "head.0.bias": [] },
  ])("knows the head by its shapes: %j", (extra) => {
    const { found, unexpected } = mapDetectorKeys(tensors("backbone.", extra), sizes);
    expect(unexpected).toEqual([]);
    expect(Object.values(headNames).map((name) => found.get(name))).toEqual(Object.keys(extra));
  });

  it("takes a head alone, for a detector on a frozen encoder", () => {
    const { found, unexpected } = mapDetectorKeys(
      new Map(Object.entries(head).map(([n, shape]) => [n, { shape }])),
      sizes,
    );
    expect([...found.keys()].sort()).toEqual(Object.values(headNames).sort());
    expect(unexpected).toEqual([]);
  });

  it("does not choose between two candidates, and names what it does not know", () => {
    const { found, unexpected } = mapDetectorKeys(
      tensors("", { ...head, "second.weight": [1, 8], mystery: [7, 7] }),
      sizes,
    );
    expect(found.has(headNames.weight)).toBe(false);
    expect(unexpected).toEqual(["classifier.weight", "second.weight", "mystery"]);
  });
});

describe("mapEncoderKeys", () => {
  it("knows both of torch's names for a weight norm, and leaves out what pre-training needed", () => {
    const renamed = new Map(
      [...tensors("wav2vec2.", { "quantizer.codevectors": [1, 2, 3], "project_q.weight": [2, 2] })].map(
        ([name, info]) => [
          name
            .replace("conv.weight_g", "conv.parametrizations.weight.original0")
            .replace("conv.weight_v", "conv.parametrizations.weight.original1"),
          info,
        ],
      ),
    );
    renamed.set("wav2vec2.masked_spec_embed", { shape: [8] });
    const { found, rest } = mapEncoderKeys(renamed);
    expect(rest).toEqual([]);
    expect([...found.keys()].sort()).toEqual(encoder.map(([name]) => name).sort());
  });
});
