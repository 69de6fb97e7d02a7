import { describe, expect, it } from "vitest";
import { chooseToken, logSumExp, probabilityOf, seededRandom } from "./logits.ts";

describe("logSumExp", () => {
  it("agrees with the definition", () => {
    expect(logSumExp(Float32Array.of(1, 2, 3))).toBeCloseTo(Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)), 6);
  });

  it("does not overflow, and passes over masked logits", () => {
    expect(logSumExp(Float32Array.of(1000, -Infinity, 1000))).toBeCloseTo(1000 + Math.LN2, 3);
    expect(logSumExp(Float32Array.of(-Infinity, -Infinity))).toBe(-Infinity);
  });
});

describe("probabilityOf", () => {
  it("is the softmax", () => {
    expect(probabilityOf(Float32Array.of(0, Math.log(3)), 1)).toBeCloseTo(0.75, 6);
  });
});

describe("chooseToken", () => {
  const logits = Float32Array.of(0, Math.log(3), -Infinity);

  it("takes the most probable at temperature 0, the first of equals", () => {
    expect(chooseToken(logits, 0, Math.random)).toEqual({ token: 1, logprob: expect.closeTo(Math.log(0.75), 6) });
    expect(chooseToken(Float32Array.of(2, 2), 0, Math.random).token).toBe(0);
  });

  it("draws in proportion, and never what is masked", () => {
    const random = seededRandom(7);
    const counts = [0, 0, 0];
    for (let i = 0; i < 4_000; i++) counts[chooseToken(logits, 1, random).token]!++;
    expect(counts[1]! / 4_000).toBeCloseTo(0.75, 1);
    expect(counts[2]).toBe(0);
  });

  it("reports the log-probability at temperature 1 whatever the temperature", () => {
    expect(chooseToken(logits, 0.2, () => 0.99).logprob).toBeCloseTo(Math.log(0.75), 6);
  });

  it("refuses numbers that are none", () => {
    expect(() => chooseToken(Float32Array.of(Number.NaN, Number.NaN), 0, Math.random)).toThrow(
      /no usable probabilities/,
    );
    expect(() => chooseToken(Float32Array.of(-Infinity, -Infinity), 0.5, Math.random)).toThrow(
      /no usable probabilities/,
    );
  });
});

describe("seededRandom", () => {
  it("repeats itself for a seed and differs between seeds", () => {
    const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(3).every((u) => u >= 0 && u < 1)).toBe(true);
  });
});
