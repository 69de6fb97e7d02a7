import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { voiceCard } from "./cards.ts";
import { calibratedLlr, evidenceBounds, logOdds, maxWindowLlr, pooledLlr, probabilityOf } from "./likelihood.ts";

const llrs = fc.double({ min: -5, max: 5, noNaN: true });
const weighted = fc.array(fc.record({ llr: llrs, weight: fc.integer({ min: 1, max: 10_000 }) }), {
  minLength: 1,
  maxLength: 30,
});

describe("calibratedLlr", () => {
  it.each([
    ["none", { kind: "none" } as const, logOdds(0.9)],
    ["temperature 2", { kind: "temperature", temperature: 2, source: "a test" } as const, logOdds(0.9) / 2],
    [
      "Platt, on trials of which a quarter were spoofed",
      { kind: "platt", scale: 0.5, offset: -1, priorSpoof: 0.25, source: "a test" } as const,
      0.5 * logOdds(0.9) - 1 + Math.log(3),
    ],
  ])("follows the card: %s", (_, calibration, expected) => {
    expect(calibratedLlr(0.9, calibration)).toBeCloseTo(expected, 12);
  });

  it("lets no window count for more than a bounded amount, however sure it is", () => {
    expect(calibratedLlr(1, { kind: "none" })).toBe(maxWindowLlr);
    expect(calibratedLlr(0, { kind: "none" })).toBe(-maxWindowLlr);
  });
});

describe("pooledLlr", () => {
  it("is the sum for independent windows, the mean for windows that are one and the same", () => {
    const windows = [1, 2, 3].map((llr) => ({ llr, weight: 5 }));
    expect(pooledLlr(windows, 0)).toBeCloseTo(6, 12);
    expect(pooledLlr(windows, 1)).toBeCloseTo(2, 12);
  });

  it("is nothing for no windows", () => {
    expect(pooledLlr([], 0.5)).toBe(0);
  });

  it("lies between the mean and the sum, whatever the scores", () => {
    fc.assert(
      fc.property(weighted, fc.double({ min: 0, max: 1, noNaN: true }), (windows, correlation) => {
        const pooled = Math.abs(pooledLlr(windows, correlation));
        expect(pooled).toBeGreaterThanOrEqual(Math.abs(pooledLlr(windows, 1)) - 1e-9);
        expect(pooled).toBeLessThanOrEqual(Math.abs(pooledLlr(windows, 0)) + 1e-9);
      }),
    );
  });

  it("is mirrored when all scores are", () => {
    fc.assert(
      fc.property(weighted, (windows) => {
        const mirrored = windows.map(({ llr, weight }) => ({ llr: -llr, weight }));
        expect(pooledLlr(mirrored, 0.5)).toBeCloseTo(-pooledLlr(windows, 0.5), 9);
      }),
    );
  });
});

describe("evidenceBounds", () => {
  it("are the likelihood ratios of the benchmark's own verdicts", () => {
    const { lowest, highest } = evidenceBounds(voiceCard("xlsr-pellav2").benchmark);
    expect(Math.exp(highest)).toBeCloseTo(0.972 / 0.055, 9);
    expect(Math.exp(-lowest)).toBeCloseTo(0.945 / 0.028, 9);
  });

  it("leave next to nothing to a detector at chance, and nothing to an unknown one", () => {
    const { lowest, highest } = evidenceBounds(voiceCard("ast-asvspoof5").benchmark);
    expect(probabilityOf(highest)).toBeLessThan(0.55);
    expect(probabilityOf(lowest)).toBeGreaterThan(0.35);
    expect(evidenceBounds(null)).toEqual({ lowest: 0, highest: 0 });
  });

  it("always hold 0 between them", () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (falsePositiveRate, falseNegativeRate) => {
        const { lowest, highest } = evidenceBounds({
          source: "x",
          independent: true,
          accuracy: 0.5,
          falsePositiveRate,
          falseNegativeRate,
        });
        expect(lowest).toBeLessThanOrEqual(0);
        expect(highest).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(lowest) && Number.isFinite(highest)).toBe(true);
      }),
    );
  });
});
