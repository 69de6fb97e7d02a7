import { describe, expect, it } from "vitest";
import { windowFeatures } from "./features.ts";

describe("windowFeatures", () => {
  const sizes = { melBins: 80, maxFrames: 100 };

  it("SPEECH 5: fills a short window up to the model's with the mel of silence", () => {
    const tone = Float32Array.from({ length: 4_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / 16_000));
    const mel = windowFeatures(sizes)(tone);
    expect(mel).toHaveLength(80 * 100);
    const loudest = mel.reduce((most, value) => Math.max(most, value), -Infinity);
    // The normalisation leaves 8 decades, a quarter of a unit each, below the window's own maximum.
    expect(mel[50]).toBeCloseTo(loudest - 2, 5);
  });

  it("refuses what would have to be cut off", () => {
    expect(() => windowFeatures(sizes)(new Float32Array(16_001))).toThrow(RangeError);
  });
});
