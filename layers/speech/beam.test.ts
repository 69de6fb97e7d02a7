import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SpeechModel } from "../inference/index.ts";
import { type DecodeOptions, decodeAudio } from "./decode.ts";
import { topTokens } from "./logits.ts";
import { searchDefaults } from "./options.ts";
import {
  id,
  logitsOf,
  type Moment,
  manifest,
  saying,
  scriptedModel,
  silentFeatures,
  tokenizer,
} from "./scripted-model.fixture.ts";
import { likeliest } from "./search.ts";

const { at, word } = id;

async function decode(model: SpeechModel, options: Partial<DecodeOptions> = {}) {
  using audio = await model.encode(silentFeatures(), manifest.maxFrames);
  return decodeAudio(model, tokenizer, audio, { task: "transcribe", temperature: 0, seed: 0, ...options });
}

/** A model given by the probabilities of what may follow what was sampled; everything else is impossible. */
function treeModel(next: (sampled: number[]) => Record<number, number>) {
  return scriptedModel(({ fed, sampled }: Moment) => {
    if (fed.length === 1) return logitsOf({ [id.en]: 0 });
    const peaks = Object.entries(next(sampled)).map(([token, p]) => [token, Math.log(p)]);
    return logitsOf(Object.fromEntries(peaks), -Infinity);
  });
}

/** Greedy walks into w1, which leads nowhere good; the likelier sentence begins with w2. */
const garden = (sampled: number[]): Record<number, number> => {
  if (sampled.length === 0) return { [at(0)]: 1 };
  if (sampled.length === 1) return { [word(1)]: 0.6, [word(2)]: 0.4 };
  if (sampled.at(-1) === word(1)) return { [word(3)]: 0.3, [word(4)]: 0.3, [word(5)]: 0.4 };
  if (sampled.at(-1) === word(2)) return { [word(6)]: 0.95, [word(7)]: 0.05 };
  return { [id.endOfText]: 1 };
};

describe("beamCandidates", () => {
  it("SPEECH 14: finds the likelier sentence that greedy decoding walks past, with its log-probability", async () => {
    const greedy = await decode(treeModel(garden).model);
    expect(greedy.tokens).toEqual([at(0), word(1), word(5)]);
    const { model, account } = treeModel(garden);
    const beam = await decode(model, { beamSize: 5 });
    expect(beam.tokens).toEqual([at(0), word(2), word(6)]);
    expect(beam.avgLogprob).toBeCloseTo(Math.log(0.4 * 0.95) / 4, 5);
    expect(account.open).toBe(0);
  });

  it("SPEECH 14: says what greedy says where one sentence is certain", async () => {
    const sentence = [at(0), word(0), word(1), at(1000)];
    const { model, account } = scriptedModel(saying([sentence], { peak: 30 }));
    expect((await decode(model, { beamSize: 5 })).tokens).toEqual(sentence);
    expect(account.open).toBe(0);
  });

  it("SPEECH 14: ends with beam size × patience finished sequences", async () => {
    // The end is possible after every word, so that each step finishes one sequence.
    const chain = (sampled: number[]): Record<number, number> => {
      if (sampled.length === 0) return { [at(0)]: 1 };
      return { [id.endOfText]: 0.5, [word(sampled.length % 9)]: 0.3, [word(10)]: 0.2 };
    };
    const steps = async (patience: number | undefined) => {
      const { model, account } = treeModel(chain);
      await decode(model, { beamSize: 2, patience });
      return account.batches.length;
    };
    expect(await steps(3)).toBeGreaterThan(await steps(1));
    expect(await steps(undefined)).toBe(await steps(1));
  });

  it("SPEECH 14: fills up with unfinished sequences at the token limit, and marks the one it takes", async () => {
    const { model, account } = treeModel((sampled) =>
      sampled.length === 0 ? { [at(0)]: 1 } : { [word(1)]: 0.6, [word(2)]: 0.4 },
    );
    const decoding = await decode(model, { beamSize: 3 });
    expect(decoding).toMatchObject({ truncated: true });
    expect(decoding.tokens).toHaveLength(32);
    expect(account.open).toBe(0);
  });

  it("SPEECH 14: is exhaustive where the beam is wider than the tree", async () => {
    const tree = fc.array(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 3, maxLength: 3 }), {
      minLength: 7,
      maxLength: 7,
    });
    await fc.assert(
      fc.asyncProperty(tree, async (weights) => {
        // Two words of three choices each, then the end.
        const next = (sampled: number[]): Record<number, number> => {
          if (sampled.length === 0) return { [at(0)]: 1 };
          if (sampled.length === 3) return { [id.endOfText]: 1 };
          const row = weights[sampled.length === 1 ? 0 : 1 + (sampled[1]! - word(0))]!;
          const total = row.reduce((sum, w) => sum + w, 0);
          return Object.fromEntries(row.map((w, i) => [word(i), w / total]));
        };
        const share = (row: number, i: number) => weights[row]![i]! / weights[row]!.reduce((sum, w) => sum + w, 0);
        const all = [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => share(0, a) * share(1 + a, b)));
        const { avgLogprob } = await decode(treeModel(next).model, { beamSize: 9 });
        expect(avgLogprob * 4).toBeCloseTo(Math.log(Math.max(...all)), 4);
      }),
      { numRuns: 30 },
    );
  });

  it("SPEECH 14: cleans up when it is stopped, and refuses numbers that are none", async () => {
    const controller = new AbortController();
    const stopped = treeModel((sampled) => {
      if (sampled.length === 4) controller.abort(new Error("stop"));
      return sampled.length === 0 ? { [at(0)]: 1 } : { [word(1)]: 0.6, [word(2)]: 0.4 };
    });
    await expect(decode(stopped.model, { beamSize: 3, signal: controller.signal })).rejects.toThrow("stop");
    expect(stopped.account.open).toBe(0);
    const broken = scriptedModel(({ fed }) =>
      fed.length === 1 ? logitsOf({}) : new Float32Array(manifest.vocabSize).fill(Number.NaN),
    );
    await expect(decode(broken.model, { beamSize: 3 })).rejects.toMatchObject({ code: "model.invalid" });
    expect(broken.account.open).toBe(0);
  });
});

describe("sampleCandidates", () => {
  it("SPEECH 14: draws best-of samples together and keeps the likeliest, the same for a seed", async () => {
    const tree = (sampled: number[]): Record<number, number> => {
      if (sampled.length === 0) return { [at(0)]: 1 };
      if (sampled.length > 4) return { [id.endOfText]: 1 };
      return { [word(1)]: 0.5, [word(2)]: 0.3, [id.endOfText]: 0.2 };
    };
    const run = async (bestOf: number, seed: number) => {
      const { model, account } = treeModel(tree);
      const decoding = await decode(model, { temperature: 1, bestOf, seed });
      expect(account.open).toBe(0);
      return {
        score: (decoding.avgLogprob * (decoding.tokens.length + 1)) / decoding.tokens.length,
        decoding,
        account,
      };
    };
    for (const seed of [1, 2, 3, 4]) {
      const five = await run(5, seed);
      expect(five.score).toBeGreaterThanOrEqual((await run(1, seed)).score);
      expect(five.decoding).toEqual((await run(5, seed)).decoding);
      expect(five.account.batches[0]).toBe(5);
    }
  });
});

describe("likeliest", () => {
  const short = { tokens: [1], sumLogprob: -1, truncated: false };
  const long = { tokens: [1, 2, 3], sumLogprob: -2, truncated: false };
  it("SPEECH 14: ranks by the mean, or by the length penalty that is given", () => {
    expect(likeliest([short, long])).toBe(long);
    expect(likeliest([short, long], 0)).toBe(short);
    expect(likeliest([{ ...short, tokens: [] }, short])).toBe(short);
  });
});

describe("topTokens", () => {
  it("SPEECH 14: selects what sorting would", () => {
    const logit = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(-Infinity));
    fc.assert(
      fc.property(fc.array(logit, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (values, count) => {
        const sorted = [...values.keys()]
          .filter((i) => values[i]! > -Infinity)
          .sort((a, b) => values[b]! - values[a]! || a - b);
        expect(topTokens(Float32Array.from(values), count)).toEqual(sorted.slice(0, count));
      }),
    );
  });
});

describe("searchDefaults", () => {
  it.each([
    [512, { beamSize: 1, bestOf: 1 }],
    [1_768, { beamSize: 1, bestOf: 1 }],
    [1_769, { beamSize: 5, bestOf: 5 }],
  ])("SPEECH 14: greedy is the default below one core (%i MB)", (allocationMb, expected) => {
    expect(searchDefaults(allocationMb)).toEqual(expected);
  });
});
