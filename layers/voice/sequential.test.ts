import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contraryShare, settledAfter, shouldStop, spreadOrder } from "./sequential.ts";

const windows = (...llrs: number[]) => llrs.map((llr) => ({ llr, weight: 4000 }));

describe("shouldStop", () => {
  const budget = { errorRate: 0.01 };

  it("stops when the pooled evidence is beyond Wald's threshold", () => {
    expect(shouldStop(windows(4, 4, 4, 4), budget, 0.5)).toBe("settled");
    expect(shouldStop(windows(-4, -4, -4, -4), budget, 0.5)).toBe("settled");
  });

  it("goes on while there is too little evidence, or too few windows", () => {
    expect(shouldStop(windows(1, 1, 1, 1), budget, 0.5)).toBeUndefined();
    expect(shouldStop(windows(5, 5, 5), budget, 0.5)).toBeUndefined();
    expect(shouldStop([], budget, 0.5)).toBeUndefined();
  });

  it("asks for more where windows say less new", () => {
    const scores = windows(2, 2, 2, 2);
    expect(shouldStop(scores, budget, 0)).toBe("settled");
    expect(shouldStop(scores, budget, 1)).toBeUndefined();
  });

  it("goes on while windows contradict each other", () => {
    expect(shouldStop(windows(5, 5, 5, 5, 5, -5), budget, 0)).toBeUndefined();
  });

  it("ends at the most windows that were allowed", () => {
    expect(shouldStop(windows(0.1, 0.1), { maxWindows: 2 }, 0.5)).toBe("budget");
    expect(shouldStop(windows(0.1), { maxWindows: 2 }, 0.5)).toBeUndefined();
  });
});

describe("contraryShare", () => {
  it("is the evidence of the weaker side", () => {
    expect(contraryShare(windows(3, 3, 3, -0.1))).toBeLessThan(0.02);
    expect(contraryShare(windows(1, 1, 1, -1))).toBe(0.25);
    expect(contraryShare(windows(1, 1))).toBe(0);
    expect(contraryShare([])).toBe(0);
  });
});

describe("spreadOrder", () => {
  it("halves the recording again and again", () => {
    expect(spreadOrder(8)).toEqual([0, 4, 2, 6, 1, 5, 3, 7]);
    expect(spreadOrder(5)).toEqual([0, 4, 2, 1, 3]);
    expect(spreadOrder(1)).toEqual([0]);
    expect(spreadOrder(0)).toEqual([]);
  });

  it("names every window once (any count)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), (count) => {
        const order = spreadOrder(count);
        expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { numRuns: 30 },
    );
  });
});

describe("settledAfter", () => {
  const budget = { errorRate: 0.01 };
  const sure = windows(4, 4);

  it("counts the parts that it took, and asks for no more of them", async () => {
    let asked = 0;
    function* parts() {
      for (;;) {
        asked++;
        yield sure;
      }
    }
    expect(await settledAfter(parts(), budget, 0.5)).toBe(2);
    expect(asked).toBe(2);
  });

  it("is not settled by parts after one that is not known", async () => {
    expect(await settledAfter([sure, undefined, sure, sure], budget, 0.5)).toBeUndefined();
    expect(await settledAfter([], budget, 0.5)).toBeUndefined();
  });

  it("gives everybody the same answer, however much more is known by then", async () => {
    const llrs = fc.array(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 4 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(llrs, fc.nat(40), async (groups, known) => {
        const parts = groups.map((group) => windows(...group));
        const all = await settledAfter(parts, budget, 0.5);
        const some = await settledAfter(parts.slice(0, known), budget, 0.5);
        if (some !== undefined) expect(all).toBe(some);
        if (all !== undefined && known >= all) expect(some).toBe(all);
      }),
    );
  });

  it("gives up on a recording that is not settled for long: all of it is judged then", async () => {
    const undecided = Array.from({ length: 33 }, () => windows(0.01));
    expect(await settledAfter([...undecided, ...Array.from({ length: 9 }, () => sure)], budget, 0.5)).toBeUndefined();
  });
});
