import { describe, expect, it } from "vitest";
import type { SpeechModel } from "../inference/index.ts";
import type { Decoding } from "./decode.ts";
import { decodeWithFallback, type FallbackOptions, judge } from "./fallback.ts";
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
import { isSilence } from "./silence.ts";

const { at, word } = id;
const fair: Decoding = {
  tokens: [],
  text: "",
  temperature: 0,
  avgLogprob: -0.3,
  compressionRatio: 1.2,
  noSpeechProb: 0.1,
  truncated: false,
  language: "en",
  languages: {},
};

describe("isSilence", () => {
  it.each([
    [0.7, -1.5, true],
    [0.7, -1.0, true],
    [0.7, -0.9, false],
    [0.6, -1.5, false],
  ])("SPEECH 16: for no-speech %f and log-probability %f is %s", (noSpeechProb, avgLogprob, expected) => {
    expect(isSilence({ noSpeechProb, avgLogprob })).toBe(expected);
  });
});

describe("judge", () => {
  it.each([
    ["ok", {}],
    ["ok", { compressionRatio: 2.4, avgLogprob: -1 }],
    ["repetitive", { compressionRatio: 2.41 }],
    ["low_logprob", { avgLogprob: -1.01 }],
    ["silence", { avgLogprob: -1.01, noSpeechProb: 0.61 }],
    ["silence", { avgLogprob: -1.01, noSpeechProb: 0.61, compressionRatio: 9 }],
    ["repetitive", { noSpeechProb: 0.99, compressionRatio: 9 }],
  ] as const)("SPEECH 15: says %s of %o", (verdict, evidence) => {
    expect(judge({ ...fair, ...evidence })).toBe(verdict);
  });
});

async function fallback(model: SpeechModel, options: Partial<FallbackOptions> = {}) {
  using audio = await model.encode(silentFeatures(), manifest.maxFrames);
  return decodeWithFallback(model, tokenizer, audio, { task: "transcribe", seed: 0, ...options });
}

/** Says `rungs[n]` in its n-th hypothesis, the last one ever after; `peak` is how sure it is. */
function perRung(rungs: { words: number[]; peak: number }[]) {
  return (moment: Moment) => {
    const { words, peak } = rungs[Math.min(moment.hypothesis, rungs.length - 1)]!;
    const sentence = [at(0), ...words, at(5000)];
    if (moment.fed.length === 1) return saying([sentence])(moment);
    return logitsOf({ [sentence[moment.sampled.length] ?? id.endOfText]: peak }, 0);
  };
}

const unsure = { words: [word(1), word(2)], peak: 3 };
const sure = { words: [word(3), word(4)], peak: 30 };
const looping = { words: Array.from({ length: 28 }, () => word(7)), peak: 30 };

describe("decodeWithFallback", () => {
  it("SPEECH 15: stops at the first acceptable attempt", async () => {
    const { model } = scriptedModel(perRung([unsure, sure]));
    const { attempts, kept, exhausted } = await fallback(model);
    expect(attempts.map(({ verdict }) => verdict)).toEqual(["low_logprob", "ok"]);
    expect(kept.decoding).toMatchObject({ text: "w3 w4", temperature: 0.2 });
    expect(exhausted).toBe(false);
  });

  it("SPEECH 15: retries repetition", async () => {
    const { model } = scriptedModel(perRung([looping, sure]));
    expect((await fallback(model)).attempts.map(({ verdict }) => verdict)).toEqual(["repetitive", "ok"]);
  });

  it("SPEECH 15: does not retry silence", async () => {
    const script = perRung([unsure]);
    const { model } = scriptedModel((moment) =>
      moment.fed.length === 1 ? logitsOf({ [id.noSpeech]: 10, [id.en]: 1 }) : script(moment),
    );
    const { attempts, exhausted } = await fallback(model);
    expect(attempts.map(({ verdict }) => verdict)).toEqual(["silence"]);
    expect(exhausted).toBe(false);
  });

  it("SPEECH 15: keeps the best of six failures, not the last, and says so", async () => {
    const better = { words: [word(5)], peak: 3.5 };
    const { model, account } = scriptedModel(perRung([unsure, looping, better, unsure, looping, unsure]));
    const { attempts, kept, exhausted } = await fallback(model, { temperatures: [0, 0, 0, 0, 0, 0] });
    expect(attempts).toHaveLength(6);
    expect(kept).toBe(attempts[2]);
    expect(exhausted).toBe(true);
    expect(account.open).toBe(0);
  });

  it("SPEECH 14: draws several samples above temperature 0 only", async () => {
    const { model, account } = scriptedModel(perRung([unsure]));
    await fallback(model, { temperatures: [0, 0.4], bestOf: 3 });
    expect(account.hypotheses).toHaveLength(4);
  });

  it("SPEECH 15: needs a temperature", async () => {
    const { model } = scriptedModel(perRung([sure]));
    await expect(fallback(model, { temperatures: [] })).rejects.toMatchObject({ code: "request.invalid" });
    await expect(fallback(model, { temperatures: [-1] })).rejects.toMatchObject({ code: "request.invalid" });
  });
});
