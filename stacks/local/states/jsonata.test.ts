import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "./jsonata.ts";

const value = (expression: string, variables = {}) =>
  evaluate(`{% ${expression} %}`, { states: { input: { n: 1 } }, variables }, "Output");

describe("Step Functions' JSONata", () => {
  it.each([
    ["$partition([1,2,3], 2)", [[1, 2], [3]]],
    ["$range(0, 6, 2)", [0, 2, 4, 6]],
    ["$range(3, 1, -1)", [3, 2, 1]],
    ["$hash('a', 'SHA-256')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"],
    ["$hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"],
    ["$parse('{\"a\":[1]}').a", [1]],
    ["$length($uuid())", 36],
    ["$random(7) = $random(7)", true],
    ["$random(7) = $random(8)", false],
    ["$states.input.n + $v", 3],
  ])("%s", async (expression, expected) => {
    expect(await value(expression, { v: 2 })).toEqual(expected);
  });

  it.each([
    "$eval('1')",
    "$hash('a', 'CRC')",
    "$partition([1], 0)",
    "$range(0, 1e9, 1)",
    "$parse('{')",
    "$nope()",
    "$states.input.nope",
    "'a' + 1",
    "function($x) { $x }",
    "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
    "n",
  ])("%s is a States.QueryEvaluationError", async (expression) => {
    await expect(value(expression)).rejects.toMatchObject({
      error: "States.QueryEvaluationError",
      causeText: expect.stringContaining("'Output'"),
    });
  });

  it("leaves everything that is not an expression as it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (json) => {
        const plain = JSON.parse(JSON.stringify(json));
        expect(await evaluate(plain, { states: {}, variables: {} }, "Output")).toEqual(plain);
      }),
    );
  });

  it("yields random numbers of [0, 1) from any seed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const number = (await value(`$random(${seed})`)) as number;
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
      }),
    );
  });
});
