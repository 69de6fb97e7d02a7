import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  actualDetectionCost,
  areaUnderRoc,
  equalErrorRate,
  fitPlatt,
  logLikelihoodRatioCost,
  minimumDetectionCost,
  reliability,
  rocCurve,
} from "./index.ts";

// Whole numbers make ties likely and keep monotone maps exact.
const scores = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 });
const trials = fc.record({ bonaFide: scores, spoof: scores });
const separated = { bonaFide: [1, 2, 3], spoof: [4, 5, 6] };

describe("rocCurve", () => {
  it("goes from calling everything spoof to calling everything bona fide", () => {
    expect(rocCurve({ bonaFide: [1, 2], spoof: [2, 3] })).toEqual([
      { threshold: 1, falsePositiveRate: 1, falseNegativeRate: 0 },
      { threshold: 2, falsePositiveRate: 0.5, falseNegativeRate: 0 },
      { threshold: 3, falsePositiveRate: 0, falseNegativeRate: 0.5 },
      { threshold: Number.POSITIVE_INFINITY, falsePositiveRate: 0, falseNegativeRate: 1 },
    ]);
  });

  it("asks for both classes and for numbers", () => {
    expect(() => rocCurve({ bonaFide: [], spoof: [1] })).toThrow(RangeError);
    expect(() => rocCurve({ bonaFide: [1], spoof: [Number.NaN] })).toThrow(RangeError);
  });
});

describe("equalErrorRate", () => {
  it("is 0 for classes that a threshold separates, 1 for classes the wrong way round", () => {
    expect(equalErrorRate(separated).rate).toBe(0);
    expect(equalErrorRate({ bonaFide: separated.spoof, spoof: separated.bonaFide }).rate).toBe(1);
  });

  it("is a half for identical classes (any scores)", () => {
    fc.assert(
      fc.property(scores, (same) => {
        expect(equalErrorRate({ bonaFide: same, spoof: same }).rate).toBeCloseTo(0.5, 12);
      }),
    );
  });

  it("interpolates between two thresholds", () => {
    expect(equalErrorRate({ bonaFide: [1, 2, 3, 10], spoof: [4, 5, 6, 7] }).rate).toBeCloseTo(0.25, 12);
    expect(equalErrorRate({ bonaFide: [0, 0, 1], spoof: [0, 1, 1] }).rate).toBeCloseTo(1 / 3, 12);
  });

  it("depends on the order of the scores only (any monotone map)", () => {
    fc.assert(
      fc.property(trials, fc.integer({ min: -9, max: 9 }), ({ bonaFide, spoof }, shift) => {
        const map = (x: number) => (x + shift) ** 3 + x;
        const mapped = { bonaFide: bonaFide.map(map), spoof: spoof.map(map) };
        expect(equalErrorRate(mapped).rate).toBe(equalErrorRate({ bonaFide, spoof }).rate);
        expect(minimumDetectionCost(mapped)).toBe(minimumDetectionCost({ bonaFide, spoof }));
        expect(areaUnderRoc(mapped)).toBe(areaUnderRoc({ bonaFide, spoof }));
      }),
    );
  });

  it("is the same when classes and scores are turned round together (any trials)", () => {
    fc.assert(
      fc.property(trials, ({ bonaFide, spoof }) => {
        const turned = { bonaFide: spoof.map((x) => -x), spoof: bonaFide.map((x) => -x) };
        expect(equalErrorRate(turned).rate).toBeCloseTo(equalErrorRate({ bonaFide, spoof }).rate, 12);
      }),
    );
  });
});

describe("areaUnderRoc", () => {
  it("is the share of pairs in the right order, ties counting half (any trials)", () => {
    fc.assert(
      fc.property(trials, ({ bonaFide, spoof }) => {
        let right = 0;
        for (const b of bonaFide) for (const s of spoof) right += s > b ? 1 : s === b ? 0.5 : 0;
        expect(areaUnderRoc({ bonaFide, spoof })).toBeCloseTo(right / (bonaFide.length * spoof.length), 9);
      }),
    );
  });
});

describe("detection cost", () => {
  it("is 0 for separate classes and 1 for a detector that says nothing", () => {
    expect(minimumDetectionCost(separated)).toBe(0);
    expect(minimumDetectionCost({ bonaFide: [1, 1], spoof: [1, 1] })).toBeCloseTo(1, 12);
  });

  it("weighs errors as ASVspoof 5 does: β = 1.9", () => {
    // One of four bona fide trials is rejected at the best threshold.
    expect(minimumDetectionCost({ bonaFide: [0, 0, 0, 3], spoof: [2, 2] })).toBeCloseTo(1.9 / 4, 12);
    expect(minimumDetectionCost({ bonaFide: [0, 0], spoof: [-1, 2, 2, 2] })).toBeCloseTo(1 / 4, 12);
  });

  it("at Bayes' threshold is never below the best one (any trials)", () => {
    fc.assert(
      fc.property(trials, (any) => {
        expect(actualDetectionCost(any)).toBeGreaterThanOrEqual(minimumDetectionCost(any) - 1e-12);
        expect(minimumDetectionCost(any)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});

describe("logLikelihoodRatioCost", () => {
  it("is a bit for no evidence, nearly none for strong and right, many for strong and wrong", () => {
    expect(logLikelihoodRatioCost({ bonaFide: [0], spoof: [0] })).toBeCloseTo(1, 12);
    expect(logLikelihoodRatioCost({ bonaFide: [-20], spoof: [20] })).toBeLessThan(1e-6);
    expect(logLikelihoodRatioCost({ bonaFide: [2000], spoof: [-2000] })).toBeGreaterThan(1000);
  });
});

describe("reliability", () => {
  it("is perfect where what is said comes true", () => {
    const outcomes = Array.from({ length: 100 }, (_, i) => ({ probability: 0.25, spoof: i < 25 }));
    const { expectedCalibrationError, bins } = reliability(outcomes);
    expect(expectedCalibrationError).toBeCloseTo(0, 12);
    expect(bins[2]).toEqual({ from: 0.2, to: 0.3, count: 100, meanProbability: 0.25, spoofShare: 0.25 });
    expect(bins[3]).toMatchObject({ count: 0, meanProbability: null, spoofShare: null });
  });

  it("is the distance where it does not", () => {
    const outcomes = [true, false].map((spoof) => ({ probability: 1, spoof }));
    expect(reliability(outcomes).expectedCalibrationError).toBeCloseTo(0.5, 12);
  });

  it("counts every outcome in one bin, and errs by 0 to 1 (any outcomes)", () => {
    const outcome = fc.record({ probability: fc.double({ min: 0, max: 1, noNaN: true }), spoof: fc.boolean() });
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1 }), fc.integer({ min: 1, max: 20 }), (outcomes, binCount) => {
        const { bins, expectedCalibrationError } = reliability(outcomes, binCount);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(outcomes.length);
        expect(expectedCalibrationError).toBeGreaterThanOrEqual(0);
        expect(expectedCalibrationError).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it("refuses what is no probability, and nothing at all", () => {
    expect(() => reliability([{ probability: 1.2, spoof: true }])).toThrow(RangeError);
    expect(() => reliability([])).toThrow(RangeError);
  });
});

describe("fitPlatt", () => {
  it("finds the logistic curve that the trials came from", () => {
    // Of the trials at log odds x, σ(0.5 x − 1) are spoofed; even classes together move the offset to a prior of one half.
    const bonaFide: number[] = [];
    const spoof: number[] = [];
    for (let x = -8; x <= 12; x += 0.5) {
      const p = 1 / (1 + Math.exp(-(0.5 * x - 1)));
      for (let i = 0; i < 1000; i++) (i < Math.round(1000 * p) ? spoof : bonaFide).push(x);
    }
    const { scale, offset } = fitPlatt({ bonaFide, spoof });
    expect(scale).toBeCloseTo(0.5, 1);
    expect(offset).toBeCloseTo(-1 + Math.log(bonaFide.length / spoof.length), 1);
  });

  it("claims nothing where the scores tell nothing, and stays finite where they tell all", () => {
    const { scale, offset } = fitPlatt({ bonaFide: [1, 1], spoof: [1, 1] });
    expect(scale + offset).toBeCloseTo(0, 6);
    const sure = fitPlatt({ bonaFide: [-3, -2], spoof: [2, 3] });
    expect(Number.isFinite(sure.scale) && Number.isFinite(sure.offset)).toBe(true);
    expect(sure.scale).toBeGreaterThan(0);
  });

  it("never makes the cost of the ratios worse than saying nothing (any trials)", () => {
    fc.assert(
      fc.property(trials, ({ bonaFide, spoof }) => {
        const { scale, offset } = fitPlatt({ bonaFide, spoof });
        const map = (x: number) => scale * x + offset;
        expect(logLikelihoodRatioCost({ bonaFide: bonaFide.map(map), spoof: spoof.map(map) })).toBeLessThanOrEqual(
          1 + 1e-9,
        );
      }),
    );
  });
});
