import { describe, expect, it } from "vitest";
import { hopSamples } from "../audio/index.ts";
import { windowFeatures } from "./features.ts";

const tone = (samples: number) =>
  Float32Array.from({ length: samples }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / 16_000));

describe("windowFeatures", () => {
  const sizes = { melBins: 80, maxFrames: 100 };

  it("SPEECH 5, 31: fills a short window up with 0.0 after the normalisation", () => {
    const mel = windowFeatures(sizes)(tone(4_000));
    expect(mel).toHaveLength(80 * 100);
    for (let bin = 0; bin < 80; bin++) {
      const row = mel.subarray(bin * 100, (bin + 1) * 100);
      expect(row.subarray(0, 25).some((value) => value !== 0)).toBe(true);
      expect(row.subarray(25).every((value) => value === 0)).toBe(true);
    }
  });

  it.each([
    ["half a frame too many", 25 * hopSamples + 80, 26],
    ["a single sample", 1, 1],
    ["as many as a window takes", 100 * hopSamples, 100],
  ])("has a frame for every sample: %s", (_, samples, frames) => {
    const mel = windowFeatures(sizes)(tone(samples));
    expect(mel.subarray(0, 100).findLastIndex((value) => value !== 0)).toBe(frames - 1);
  });

  it("refuses what would have to be cut off", () => {
    expect(() => windowFeatures(sizes)(new Float32Array(16_001))).toThrow(RangeError);
  });
});
