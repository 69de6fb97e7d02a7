import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseToken, seededRandom } from "./logits.ts";
import { decodingRules, maxInitialTimestampIndex, suppressBlank, suppressTokens, timestampRules } from "./rules.ts";
import { id, logitsOf, manifest } from "./scripted-model.fixture.ts";

const flat = () => new Float32Array(manifest.vocabSize);
const allowed = (logits: Float32Array) => [...logits.keys()].filter((token) => logits[token]! > -Infinity);

describe("suppressBlank", () => {
  it("SPEECH 9: masks the blank and end-of-text at the first step", () => {
    const logits = flat();
    suppressBlank(manifest)(logits, []);
    expect([logits[id.blank], logits[id.endOfText], logits[id.word(0)]]).toEqual([-Infinity, -Infinity, 0]);
  });

  it("SPEECH 9: leaves later steps alone", () => {
    const logits = flat();
    suppressBlank(manifest)(logits, [id.at(0)]);
    expect(allowed(logits)).toHaveLength(manifest.vocabSize);
  });
});

describe("suppressTokens", () => {
  it("SPEECH 9: masks the non-speech set and the prompt's tokens at every step", () => {
    const logits = flat();
    suppressTokens(manifest)(logits, [id.at(0), id.word(0)]);
    const { startOfTranscript, translate, transcribe, startOfLm, startOfPrev, noSpeech, symbol, de } = id;
    const masked = [symbol, startOfTranscript, translate, transcribe, startOfLm, startOfPrev, noSpeech, de];
    for (const token of masked) expect(logits[token]).toBe(-Infinity);
    expect(logits[id.word(0)]).toBe(0);
  });
});

describe("timestampRules", () => {
  const rules = timestampRules(manifest);
  const timestamps = (logits: Float32Array) => allowed(logits).filter((token) => token >= id.at(0));
  // Text far above the timestamps, so that none is forced by the sum of their probabilities.
  const textLeads = () => logitsOf({ [id.word(0)]: 20, [id.endOfText]: 20 }, 0);

  it("SPEECH 10: never allows no-timestamps", () => {
    const logits = flat();
    rules(logits, [id.at(0), id.word(0)]);
    expect(logits[id.noTimestamps]).toBe(-Infinity);
  });

  it("SPEECH 10: opens a window with a timestamp of at most 1.0 s", () => {
    const logits = textLeads();
    rules(logits, []);
    expect(allowed(logits)).toEqual(Array.from({ length: 51 }, (_, i) => id.at(20 * i)));
  });

  it("SPEECH 10: asks for text after the opening timestamp", () => {
    const logits = flat();
    rules(logits, [id.at(100)]);
    expect(timestamps(logits)).toEqual([]);
    expect(logits[id.word(3)]).toBe(0);
  });

  it("SPEECH 10: asks for text after a pair", () => {
    const logits = flat();
    rules(logits, [id.at(0), id.word(0), id.at(500), id.at(500)]);
    expect(timestamps(logits)).toEqual([]);
  });

  it("SPEECH 10: asks for a second timestamp, or the end, after a closing one", () => {
    const logits = textLeads();
    rules(logits, [id.at(0), id.word(0), id.at(500)]);
    expect(allowed(logits).filter((token) => token < id.endOfText)).toEqual([]);
    expect(logits[id.endOfText]).toBe(20);
    expect(timestamps(logits)[0]).toBe(id.at(500));
  });

  it("SPEECH 10: never goes back, and never closes a segment of no length", () => {
    const logits = textLeads();
    rules(logits, [id.at(0), id.word(0), id.at(500), id.at(500), id.word(1)]);
    expect(timestamps(logits)[0]).toBe(id.at(520));
  });

  it("SPEECH 10: forces a timestamp when all of them together beat the best text token", () => {
    const logits = logitsOf({ [id.word(0)]: 5, [id.at(1000)]: 4.5, [id.at(1020)]: 4.5 });
    rules(logits, [id.at(0), id.word(1)]);
    expect(allowed(logits).every((token) => token >= id.at(0))).toBe(true);
  });

  it("SPEECH 10: leaves text alone when it beats all timestamps together", () => {
    const logits = logitsOf({ [id.word(0)]: 5, [id.at(1000)]: 4, [id.at(1020)]: 4 });
    rules(logits, [id.at(0), id.word(1)]);
    expect(logits[id.word(0)]).toBe(5);
  });

  it("SPEECH 8: masks what a padded vocabulary holds beyond the last timestamp", () => {
    const logits = new Float32Array(manifest.vocabSize + 5);
    logits[id.word(0)] = 20;
    rules(logits, [id.at(0), id.word(0)]);
    expect(timestamps(logits).at(-1)).toBe(id.at(10_000));
  });
});

describe("maxInitialTimestampIndex", () => {
  it.each([
    ["1.0 s where the checkpoint says nothing", undefined, 50],
    ["1.0 s where an early export says 0.02 s", 1, 50],
    ["later where the checkpoint was trained so", 400, 400],
    ["never beyond the last timestamp", 9_999, 500],
  ])("SPEECH 10: the first timestamp is at most %s", (_name, own, expected) => {
    expect(maxInitialTimestampIndex({ ...manifest, maxInitialTimestampIndex: own })).toBe(expected);
  });
});

describe("decodingRules", () => {
  it("SPEECH 10: always leaves a token to choose, and only well-formed sequences", () => {
    const rules = decodingRules(manifest);
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, length) => {
        const random = seededRandom(seed);
        const sampled: number[] = [];
        while (sampled.length < length) {
          const logits = Float32Array.from({ length: manifest.vocabSize }, () => 12 * random());
          rules(logits, sampled);
          const { token } = chooseToken(logits, 1, random);
          if (token === id.endOfText) break;
          sampled.push(token);
        }
        const times = sampled.filter((token) => token >= id.at(0));
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(sampled.length === 0 || sampled[0]! >= id.at(0)).toBe(true);
        const shape = sampled.map((token) => (token >= id.at(0) ? "t" : "w")).join("");
        expect(shape).toMatch(/^(t(w+tt)*(w+t?|w+tt)?)?$/);
      }),
      { numRuns: 60 },
    );
  });
});
