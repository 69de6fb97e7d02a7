import { describe, expect, it } from "vitest";
import { medianSlope } from "./slope.ts";

describe("the growth of a series", () => {
  it.each([
    ["a line", [1, 3, 5, 7], 2],
    ["nothing", [], 0],
    ["a saw on level ground", Array.from({ length: 90 }, (_, n) => 100 + (n % 9)), 0],
    ["a saw on a slope", Array.from({ length: 90 }, (_, n) => n + 5 * (n % 2)), 1],
  ])("of %s", (_name, values, slope) => {
    expect(medianSlope(values)).toBeCloseTo(slope, 1);
  });
});
