import { describe, expect, it } from "vitest";
import type { SpeechModel } from "../inference/index.ts";
import { compressionRatio, type DecodeOptions, decodeAudio } from "./decode.ts";
import {
  englishManifest,
  id,
  logitsOf,
  type Moment,
  manifest,
  saying,
  scriptedModel,
  silentFeatures,
  tokenizer,
} from "./scripted-model.fixture.ts";

const { at, word } = id;
const sentence = [at(0), word(0), word(1), at(1000)];

async function decode(model: SpeechModel, options: Partial<DecodeOptions> = {}) {
  using audio = await model.encode(silentFeatures(), manifest.maxFrames);
  return decodeAudio(model, tokenizer, audio, { task: "transcribe", temperature: 0, seed: 0, ...options });
}

describe("decodeAudio", () => {
  it("SPEECH 8: feeds start, language and task, then each token once", async () => {
    const { model, account } = scriptedModel(saying([sentence]));
    const decoding = await decode(model);
    expect(decoding).toMatchObject({ tokens: sentence, text: "w0 w1", language: "de", truncated: false });
    expect(account.hypotheses).toEqual([[id.startOfTranscript, id.de, id.transcribe, ...sentence]]);
    expect(account.open).toBe(0);
  });

  it("SPEECH 8: uses the language it is told and keeps the probabilities it heard", async () => {
    const { model, account } = scriptedModel(saying([sentence]));
    const decoding = await decode(model, { language: "es", task: "translate" });
    expect(account.hypotheses[0]!.slice(0, 3)).toEqual([id.startOfTranscript, id.es, id.translate]);
    expect(decoding.languages.de).toBeGreaterThan(0.9);
  });

  it("SPEECH 8: gives an English-only checkpoint neither language nor task", async () => {
    const { model, account } = scriptedModel(saying([sentence]), englishManifest);
    const decoding = await decode(model);
    expect(account.hypotheses[0]).toEqual([id.startOfTranscript, ...sentence]);
    expect(decoding).toMatchObject({ tokens: sentence, language: undefined, languages: {} });
  });

  it("SPEECH 11: reads the no-speech probability at start-of-transcript, before any filter", async () => {
    const script = ({ fed, sampled }: Moment) =>
      fed.length === 1
        ? logitsOf({ [id.noSpeech]: Math.log(3), [id.en]: 0 }, -Infinity)
        : logitsOf({ [sentence[sampled.length] ?? id.endOfText]: 10 });
    expect((await decode(scriptedModel(script).model)).noSpeechProb).toBeCloseTo(0.75, 6);
  });

  it("SPEECH 13: divides the sum of log-probabilities by tokens + 1, end-of-text included", async () => {
    // Each choice is between two tokens at 3 : 1, all else impossible.
    const script = ({ fed, sampled }: Moment) => {
      if (fed.length === 1) return logitsOf({ [id.en]: 0 });
      const likely = [at(0), word(0)][sampled.length] ?? id.endOfText;
      const unlikely = [at(20), word(1)][sampled.length] ?? word(2);
      return logitsOf({ [likely]: Math.log(3), [unlikely]: 0 }, -Infinity);
    };
    const decoding = await decode(scriptedModel(script).model);
    expect(decoding.tokens).toEqual([at(0), word(0)]);
    expect(decoding.avgLogprob).toBeCloseTo(Math.log(0.75), 6);
  });

  it("SPEECH 12: stops after half of the decoder's positions", async () => {
    const endless = ({ fed, sampled }: Moment) =>
      fed.length === 1 ? logitsOf({ [id.en]: 0 }) : logitsOf({ [sampled.length === 0 ? at(0) : word(1)]: 10 });
    const decoding = await decode(scriptedModel(endless).model);
    expect(decoding).toMatchObject({ truncated: true, compressionRatio: expect.any(Number) });
    expect(decoding.tokens).toHaveLength(32);
  });

  it("SPEECH 12: never feeds past the decoder's last position, even after a long prompt", async () => {
    const endless = ({ fed, sampled }: Moment) =>
      fed.at(-1) === id.startOfTranscript
        ? logitsOf({ [id.en]: 0 })
        : logitsOf({ [sampled.length === 0 ? at(0) : word(1)]: 10 });
    const { model, account } = scriptedModel(endless);
    const prompt = Array.from({ length: 200 }, () => word(4));
    await decode(model, { prompt, language: "en" });
    const fed = account.hypotheses[0]!;
    expect(fed.length).toBeLessThanOrEqual(manifest.maxTargetPositions);
    expect(fed.slice(0, 33)).toEqual([id.startOfPrev, ...prompt.slice(0, 31), id.startOfTranscript]);
  });

  it("SPEECH 6: listens for the language without the prompt", async () => {
    const { model, account } = scriptedModel(saying([sentence]));
    await decode(model, { prompt: [word(5)] });
    expect(account.hypotheses[1]).toEqual([id.startOfTranscript]);
    expect(account.open).toBe(0);
  });

  it("SPEECH 14: samples the same for the same seed, and otherwise for another", async () => {
    const undecided = ({ fed, sampled }: Moment) => {
      if (fed.length === 1) return logitsOf({ [id.en]: 0 });
      if (sampled.length === 0) return logitsOf({ [at(0)]: 10 });
      if (sampled.length > 8) return logitsOf({ [id.endOfText]: 10 });
      return logitsOf(Object.fromEntries(Array.from({ length: 18 }, (_, n) => [word(n), 5])));
    };
    const tokens = async (seed: number) =>
      (await decode(scriptedModel(undecided).model, { temperature: 1, seed })).tokens;
    expect(await tokens(1)).toEqual(await tokens(1));
    expect(await tokens(1)).not.toEqual(await tokens(2));
  });

  it("stops when aborted, and cleans up", async () => {
    const controller = new AbortController();
    const { model, account } = scriptedModel((moment) => {
      if (moment.sampled.length === 2) controller.abort(new Error("enough"));
      return saying([sentence])(moment);
    });
    await expect(decode(model, { signal: controller.signal })).rejects.toThrow("enough");
    expect(account.open).toBe(0);
  });
});

describe("compressionRatio", () => {
  it("SPEECH 13: counts UTF-8 bytes, and grows with repetition", () => {
    expect(compressionRatio("")).toBe(0);
    expect(compressionRatio("ja nein vielleicht")).toBeLessThan(1);
    expect(compressionRatio("日本語 ".repeat(50))).toBeGreaterThan(10);
  });
});
