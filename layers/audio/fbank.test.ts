import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { astFeatures, FbankStream, fbankFrames } from "./fbank.ts";

/** Noise of a linear congruential generator, the same everywhere. */
function noise(samples: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: samples }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

const options = { melBins: 128, maxFrames: 20, mean: -4.2677393, std: 4.5689974 };
/** log(1.19e-7), the floor. */
const silence = Math.fround(Math.log(2 ** -23));

describe("FbankStream", () => {
  it("has a frame for every 10 ms that 25 ms follow", () => {
    expect([0, 399, 400, 559, 560, 16_000].map(fbankFrames)).toEqual([0, 0, 1, 1, 2, 98]);
  });

  it("gives the same rows however the audio is cut into pieces", () => {
    const pcm = noise(3000);
    const whole = new FbankStream(64).push(pcm);
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 8 }), (cuts) => {
        const stream = new FbankStream(64);
        const borders = [0, ...cuts.sort((a, b) => a - b), pcm.length];
        const rows = borders.slice(1).flatMap((end, index) => [...stream.push(pcm.subarray(borders[index], end))]);
        expect(rows).toEqual([...whole]);
      }),
      { numRuns: 50 },
    );
  });

  it("is the floor for silence, and for any constant: the DC offset is removed", () => {
    for (const level of [0, 0.25, -0.5]) {
      expect(new Set(new FbankStream(128).push(new Float32Array(800).fill(level)))).toEqual(new Set([silence]));
    }
  });

  it("rises by log 4 where the amplitude doubles", () => {
    const pcm = noise(400);
    const once = new FbankStream(40).push(pcm);
    const twice = new FbankStream(40).push(pcm.map((value) => 2 * value));
    for (const [bin, value] of once.entries()) expect(twice[bin]! - value).toBeCloseTo(Math.log(4), 5);
  });
});

describe("astFeatures", () => {
  it("pads with zeros before the normalisation, as ASTFeatureExtractor does", () => {
    const features = astFeatures(noise(560), options);
    expect(features.length).toBe(20 * 128);
    const padding = Math.fround(4.2677393 / (2 * 4.5689974));
    expect(new Set(features.subarray(2 * 128))).toEqual(new Set([padding]));
    expect(features.subarray(0, 2 * 128)).not.toContain(padding);
  });

  it("drops the frames that are too many, and can leave the values as they are", () => {
    const pcm = noise(16_000);
    const raw = astFeatures(pcm, { ...options, normalize: false });
    expect([...raw]).toEqual([...new FbankStream(128).push(pcm).subarray(0, 20 * 128)]);
    const normal = astFeatures(pcm, options);
    expect(normal[5]).toBeCloseTo((raw[5]! + 4.2677393) / (2 * 4.5689974), 6);
  });

  it("is all padding where there is less than a frame", () => {
    expect(new Set(astFeatures(noise(399), { ...options, normalize: false }))).toEqual(new Set([0]));
  });
});
