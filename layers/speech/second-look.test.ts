import { describe, expect, it } from "vitest";
import { isBelievable, isSparse } from "./second-look.ts";

const decoding = { noSpeechProb: 0.1, avgLogprob: -0.3, text: "and on" };
const stretch = { silent: false, exhausted: false };

describe("isBelievable", () => {
  it.each([
    ["what the model is sure of", {}, {}, true],
    ["what is likely where nobody was expected", { noSpeechProb: 0.7 }, {}, true],
    ["not what is unlikely there", { noSpeechProb: 0.7, avgLogprob: -0.8 }, {}, false],
    ["not a habit, however likely: Thank you", { noSpeechProb: 0.9, avgLogprob: -0.2 }, {}, false],
    ["not a guess", { avgLogprob: -1.2 }, {}, false],
    ["not the best of failed attempts", {}, { exhausted: true }, false],
    ["not silence", {}, { silent: true }, false],
    ["not what was said just before, again", { text: "The end." }, {}, false],
  ])("keeps %s", (_, evidence, state, expected) => {
    const looked = { ...stretch, ...state, decoding: { ...decoding, ...evidence } };
    expect(isBelievable(looked, "the end")).toBe(expected);
  });
});

describe("isSparse", () => {
  it("finds six tokens over sixteen seconds of voice, and no ordinary or short speech", () => {
    const speech = [[0, 17_000]] as const;
    expect(isSparse({ startMs: 0, endMs: 16_400, tokens: 6 }, speech)).toBe(true);
    expect(isSparse({ startMs: 0, endMs: 16_400, tokens: 45 }, speech)).toBe(false);
    expect(isSparse({ startMs: 0, endMs: 2_000, tokens: 1 }, speech)).toBe(false);
    expect(isSparse({ startMs: 0, endMs: 16_400, tokens: 6 }, [[0, 2_000]])).toBe(false);
  });
});
