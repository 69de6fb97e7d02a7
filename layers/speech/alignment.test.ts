import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { medianFilter, quantilePosition, tokenAttention } from "./alignment.ts";
import { seededRandom } from "./logits.ts";
import { timeWarp } from "./time-warp.ts";

type Golden = {
  heads: number;
  tokens: number;
  positions: number;
  width: number;
  skip: number;
  seed: number;
  first: number[];
};

/** Written by timing-golden.py. */
const goldens: Golden[] = JSON.parse(readFileSync(new URL("timing-golden.json", import.meta.url), "utf8"));

/** `scores` of timing-golden.py. */
function scoresOf({ heads, tokens, positions, seed }: Golden): Float32Array {
  let state = seed;
  return Float32Array.from({ length: heads * tokens * positions }, (_, n) => {
    const t = n % positions;
    const i = Math.floor(n / positions) % tokens;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const ridge = Math.abs(t * tokens - i * positions) < 2 * positions ? 6 : 0;
    return ridge + (state >>> 22) / 256;
  });
}

const alignmentOf = (golden: Golden) => ({
  scores: scoresOf(golden),
  heads: golden.heads,
  tokens: golden.tokens,
  positions: golden.positions,
  probabilities: new Float32Array(golden.tokens - 1),
});

describe("tokenAttention", () => {
  it.each(goldens)(
    "SPEECH 22: equals PyTorch by the published definition ($heads heads, $tokens tokens, $width of $positions)",
    (golden) => {
      expect([...tokenAttention(alignmentOf(golden), golden.skip, golden.width).starts]).toEqual(golden.first);
    },
  );

  it("SPEECH 22: stays inside the real positions and never goes back", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 5, max: 20 }),
        fc.nat(1e6),
        (width, tokens, seed) => {
          const golden = { heads: 2, tokens, positions: 60, width, skip: 3, seed, first: [] };
          const at = [...tokenAttention(alignmentOf(golden), 3, width).starts];
          expect(at).toHaveLength(tokens - 4);
          expect(at[0]).toBe(0);
          expect(at).toEqual(at.toSorted((a, b) => a - b));
          expect(at.every((t) => t < width)).toBe(true);
        },
      ),
    );
  });

  it("SPEECH 22: gets over attention that is the same everywhere", () => {
    const flat = { scores: new Float32Array(2 * 6 * 10), heads: 2, tokens: 6, positions: 10 };
    const at = tokenAttention({ ...flat, probabilities: new Float32Array(5) }, 3, 10).starts;
    expect([...at].every(Number.isInteger)).toBe(true);
  });

  it("sums the heads' attention of every row from no-timestamps on, over the real positions", () => {
    const alignment = { heads: 2, tokens: 4, positions: 5, probabilities: new Float32Array(3) };
    const scores = new Float32Array(2 * 4 * 5);
    // Row 1 is no-timestamps: one head looks at position 2, the other at position 0.
    scores[1 * 5 + 2] = 40;
    scores[(4 + 1) * 5] = 40;
    const { mass, width } = tokenAttention({ ...alignment, scores }, 1, 4);
    expect(width).toBe(4);
    expect(mass).toHaveLength(2 * 4);
    expect([...mass.subarray(0, 4)].map((part) => Number(part.toFixed(3)))).toEqual([1, 0, 1, 0]);
    expect([...mass.subarray(4)].map((part) => Number(part.toFixed(3)))).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});

describe("quantilePosition", () => {
  const attention = { width: 5, mass: Float32Array.of(9, 9, 9, 9, 9, 0, 1, 0, 3, 4) };

  it("finds where a share of a row's attention lies before, inside a position too", () => {
    expect(quantilePosition(attention, 1, { from: 0, to: 5, share: 0.5 })).toBe(4);
    expect(quantilePosition(attention, 1, { from: 0, to: 5, share: 0.25 })).toBeCloseTo(3 + 1 / 3, 6);
    expect(quantilePosition(attention, 0, { from: 0, to: 5, share: 0.5 })).toBe(2.5);
  });

  it("looks at the asked positions only, and at one at least", () => {
    expect(quantilePosition(attention, 1, { from: -3, to: 2, share: 0.5 })).toBe(1.5);
    expect(quantilePosition(attention, 1, { from: 4, to: 99, share: 0.5 })).toBe(4.5);
    expect(quantilePosition(attention, 1, { from: 99, to: 120, share: 0.5 })).toBe(4.5);
    expect(quantilePosition(attention, 1, { from: 0, to: 1, share: 0.5 })).toBe(1);
  });
});

describe("medianFilter", () => {
  it("SPEECH 22: takes the median of 7 with reflected ends", () => {
    const row = Float32Array.of(9, 1, 8, 2, 7, 3, 6, 4, 5);
    const out = new Float32Array(9);
    medianFilter(row, out);
    const reflected = [2, 8, 1, ...row, 4, 6, 3];
    const expected = [...row.keys()].map((t) => reflected.slice(t, t + 7).sort((a, b) => a - b)[3]!);
    expect([...out]).toEqual(expected);
  });

  it("SPEECH 22: leaves a row alone that is no longer than half its width", () => {
    const out = new Float32Array(3);
    medianFilter(Float32Array.of(3, 1, 2), out);
    expect([...out]).toEqual([3, 1, 2]);
  });
});

describe("timeWarp", () => {
  it("SPEECH 22: finds the cheapest path of all", () => {
    const cheapest = (cost: number[][], i: number, t: number): number => {
      const here = cost[i]![t]!;
      if (i === 0 && t === 0) return here;
      const before: number[] = [];
      if (i > 0 && t > 0) before.push(cheapest(cost, i - 1, t - 1));
      if (i > 0) before.push(cheapest(cost, i - 1, t));
      if (t > 0) before.push(cheapest(cost, i, t - 1));
      return here + Math.min(...before);
    };
    fc.assert(
      fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 4 }), (seed, rows) => {
        // Drawn from so many numbers that no two ways cost the same.
        const random = seededRandom(seed);
        const cost = Array.from({ length: rows }, () => Array.from({ length: 6 }, () => Math.fround(random() - 0.5)));
        const first = timeWarp(Float32Array.from(cost.flat()), cost.length, 6);
        // The path that the first columns stand for: a row lasts until the next begins, in the same column or the one before it.
        const walk = (i: number, t: number): number => {
          if (i === 0 && t === 0) return cost[0]![0]!;
          if (t > first[i]!) return cost[i]![t]! + walk(i, t - 1);
          const straight = i > 0 && first[i - 1]! <= t ? walk(i - 1, t) : Infinity;
          const diagonal = i > 0 && first[i - 1]! <= t - 1 ? walk(i - 1, t - 1) : Infinity;
          return cost[i]![t]! + Math.min(straight, diagonal);
        };
        expect(walk(rows - 1, 5)).toBeCloseTo(cheapest(cost, rows - 1, 5), 5);
      }),
    );
  });

  it("SPEECH 22: where two ways are equally cheap it takes the step in time, as the reference does", () => {
    expect([...timeWarp(Float32Array.of(0, 0, 0, 1, 0, 0), 2, 3)]).toEqual([0, 0]);
  });
});
