import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meanDwellMs, smoothedProbabilities } from "./smoothing.ts";

const every = (gapMs: number, ...llrs: number[]) => llrs.map((llr, i) => ({ llr, atMs: i * gapMs }));

describe("smoothedProbabilities", () => {
  it("overrules a single weak window among others of the opposite kind", () => {
    const smoothed = smoothedProbabilities(every(4000, -3, -3, 1, -3, -3));
    expect(smoothed.every((probability) => probability < 0.5)).toBe(true);
  });

  it("lets a run of windows stand", () => {
    const smoothed = smoothedProbabilities(every(4000, -3, -3, -3, 3, 3, 3, -3, -3, -3));
    expect(smoothed.map((probability) => probability > 0.5)).toEqual([
      ...[false, false, false],
      ...[true, true, true],
      ...[false, false, false],
    ]);
  });

  it("keeps windows far apart to themselves", () => {
    const [alone] = smoothedProbabilities([{ llr: 1, atMs: 0 }]);
    const [first] = smoothedProbabilities(every(100 * meanDwellMs, 1, -5));
    expect(first).toBeCloseTo(alone!, 9);
    expect(alone).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  });

  it("agrees with the sum over all sequences of states (any short recording)", () => {
    const llr = fc.double({ min: -5, max: 5, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(llr, { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 100, max: 60_000 }),
        (llrs, gapMs) => {
          const stay = 0.5 * (1 + Math.exp((-2 * gapMs) / meanDwellMs));
          const spoof = llrs.map(() => 0);
          let total = 0;
          for (let path = 0; path < 2 ** llrs.length; path++) {
            let weight = 1;
            for (const [i, value] of llrs.entries()) {
              const state = (path >> i) & 1;
              if (state) weight *= Math.exp(value);
              if (i > 0) weight *= state === ((path >> (i - 1)) & 1) ? stay : 1 - stay;
            }
            total += weight;
            for (const i of llrs.keys()) if ((path >> i) & 1) spoof[i]! += weight;
          }
          const smoothed = smoothedProbabilities(every(gapMs, ...llrs));
          for (const [i, probability] of smoothed.entries()) expect(probability).toBeCloseTo(spoof[i]! / total, 9);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("has nothing to say about nothing", () => {
    expect(smoothedProbabilities([])).toEqual([]);
  });
});
