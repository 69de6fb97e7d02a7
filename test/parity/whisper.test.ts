import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Precision } from "../../layers/models/index.ts";
import { loadTokenizer } from "../../layers/speech/index.ts";
import { checkpoints, demoCheckpoint, Workplace } from "./checkpoints.ts";
import { compareLogMel, comparisons, type Subject } from "./comparisons.ts";
import { type GoldenLogMel, type GoldenTokens, readGolden } from "./golden.ts";

const precisions: Precision[] = ["fp32", "int8"];

for (const checkpoint of checkpoints) {
  describe(`${checkpoint.name} against the published architecture in PyTorch`, () => {
    const { cases } = readGolden(checkpoint.golden);
    let workplace: Workplace;
    beforeAll(async () => {
      workplace = await Workplace.create(checkpoint);
    });
    afterAll(() => workplace?.[Symbol.asyncDispose]());

    describe.each(precisions)("%s", (precision) => {
      let subject: Subject;
      beforeAll(async () => {
        subject = await workplace.open(precision);
      });
      afterAll(() => subject?.model[Symbol.asyncDispose]());

      for (const { name, run } of comparisons) {
        it.each(cases)(`${name}: $name`, async (example) => {
          const { maxAbsoluteError, cosine, otherWinners } = await run(subject, example);
          if (precision === "fp32") expect(maxAbsoluteError).toBeLessThanOrEqual(1e-4);
          else expect(cosine).toBeGreaterThanOrEqual(0.999);
          // Seeded weights put many logits side by side; only trained ones have a winner that int8 must keep.
          if (precision === "fp32" || !checkpoint.seededWeights) expect(otherWinners).toBe(0);
        });
      }
    });
  });
}

describe("features and tokens against the reference's definitions", () => {
  it("SPEECH 2: SPEECH 3: SPEECH 4: log-mel equals the reference's", () => {
    expect(compareLogMel(readGolden<GoldenLogMel>("log-mel.json")).maxAbsoluteError).toBeLessThanOrEqual(1e-4);
  });

  it.each(readGolden<GoldenTokens>("tokenizer.json").cases)("tokens of byte-level BPE: $text", async (example) => {
    const tokenizer = await loadTokenizer(demoCheckpoint, { tokens: { endOfText: 1158 } });
    expect(tokenizer.decode(example.tokens)).toBe(example.text);
  });
});
