import { describe, expect, it } from "vitest";
import type { Alignment } from "../inference/index.ts";
import {
  englishManifest,
  id,
  manifest,
  pcmOf,
  saying,
  scriptedModel,
  silentFeatures,
  tokenizer,
} from "./scripted-model.fixture.ts";
import { transcribeWindow } from "./transcribe-window.ts";
import { findWords } from "./words.ts";

const { at, word } = id;

/** Attention that looks at 1 s per token, from no-timestamps on; P of the nth token is n / 100. */
const diagonal =
  (skip: number) =>
  (tokens: readonly number[], positions: number): Alignment => {
    const scores = new Float32Array(tokens.length * positions);
    for (let i = skip; i < tokens.length; i++)
      scores.fill(20, i * positions + 50 * (i - skip), i * positions + 50 * (i - skip + 1));
    const probabilities = Float32Array.from({ length: tokens.length - 1 }, (_, i) => (i + 1) / 100);
    return { scores, heads: 1, tokens: tokens.length, positions, probabilities };
  };

describe("findWords", () => {
  it("SPEECH 21: feeds start sequence, no-timestamps, text and end, and reads each word's probability where it was predicted", async () => {
    const { model, account } = scriptedModel(saying([[]]), manifest, diagonal(3));
    using audio = await model.encode(silentFeatures(), manifest.maxFrames);
    const options = { task: "translate", language: "es", audioMs: 9_000 } as const;
    const words = await findWords(model, tokenizer, audio, [word(0), word(1)], options);
    expect(account.aligned).toEqual([
      [id.startOfTranscript, id.es, id.translate, id.noTimestamps, word(0), word(1), id.endOfText],
    ]);
    expect(words.map(({ text, probability }) => [text, Number(probability.toFixed(2))])).toEqual([
      [" w0", 0.04],
      [" w1", 0.05],
    ]);
    expect(words[0]!.startMs).toBe(0);
    expect(words[0]!.endMs).toBe(words[1]!.startMs);
  });

  it("SPEECH 21: an English-only checkpoint has a start sequence of one, and no text needs no pass", async () => {
    const { model, account } = scriptedModel(saying([[]]), englishManifest, diagonal(1));
    using audio = await model.encode(silentFeatures(), manifest.maxFrames);
    const options = { task: "transcribe", language: undefined, audioMs: 9_000 } as const;
    await findWords(model, tokenizer, audio, [word(3)], options);
    expect(account.aligned).toEqual([[id.startOfTranscript, id.noTimestamps, word(3), id.endOfText]]);
    expect(await findWords(model, tokenizer, audio, [], options)).toEqual([]);
    expect(account.aligned).toHaveLength(1);
  });
});

describe("transcribeWindow with words", () => {
  it("SPEECH 21: one pass serves all segments of a decoding, in parallel mode too", async () => {
    const sentence = [at(0), word(0), word(1), at(2000), at(2000), word(2), at(3000)];
    const { model, account } = scriptedModel(saying([sentence]), manifest, diagonal(3));
    const { segments } = await transcribeWindow(model, tokenizer, pcmOf(5_000), {
      task: "transcribe",
      words: true,
      features: silentFeatures,
    });
    expect(account.aligned).toHaveLength(1);
    expect(segments.map(({ words }) => words!.map(({ text }) => text))).toEqual([[" w0", " w1"], [" w2"]]);
    expect(account.open).toBe(0);
  });

  it("SPEECH 29: a word begins where its voice begins, and so does its segment", async () => {
    const { model } = scriptedModel(saying([[at(0), word(0), word(1), at(3000)]]), manifest, diagonal(3));
    // Sound from 0.4 s to 1.1 s and from 1.52 s to 2.9 s: attention to the words is at 0 to 1 s and 1 to 2 s.
    const features = () => {
      const mel = new Float32Array(manifest.melBins * manifest.maxFrames);
      for (const [from, to] of [
        [40, 110],
        [152, 290],
      ] as const)
        for (let bin = 0; bin < manifest.melBins; bin++)
          mel.fill(1, bin * manifest.maxFrames + from, bin * manifest.maxFrames + to);
      return mel;
    };
    const { segments } = await transcribeWindow(model, tokenizer, pcmOf(5_000), {
      task: "transcribe",
      words: true,
      features,
    });
    expect(segments[0]!.words!.map(({ startMs }) => startMs)).toEqual([400, 1520]);
    expect(segments[0]!.words!.every(({ startMs, endMs }) => endMs >= startMs + 40)).toBe(true);
    expect(segments[0]!.startMs).toBe(400);
  });

  it("SPEECH 21: no pass is made where no words are asked for", async () => {
    const { model, account } = scriptedModel(saying([[at(0), word(0), at(2000)]]));
    const { segments } = await transcribeWindow(model, tokenizer, pcmOf(5_000), {
      task: "transcribe",
      features: silentFeatures,
    });
    expect(account.aligned).toEqual([]);
    expect(segments[0]).not.toHaveProperty("words");
  });

  it("SPEECH 18: the initial prompt and hotwords stand before every window in parallel mode", async () => {
    const { model, account } = scriptedModel(saying([[at(0), word(0), at(2000)]]));
    const options = {
      task: "transcribe",
      language: "en",
      features: silentFeatures,
      initialPrompt: "w3",
      hotwords: "w4",
    } as const;
    await transcribeWindow(model, tokenizer, pcmOf(5_000), options);
    expect(account.hypotheses[0]!.slice(0, 6)).toEqual([
      id.startOfPrev,
      word(4),
      word(3),
      id.startOfTranscript,
      id.en,
      id.transcribe,
    ]);
  });

  it("SPEECH 15: a threshold that is null is off", async () => {
    const looping = [at(0), ...Array.from({ length: 28 }, () => word(7)), at(5000)];
    const run = async (compressionRatioThreshold: number | null) => {
      const { model } = scriptedModel(saying([looping], { peak: 30 }));
      const options = {
        task: "transcribe",
        features: silentFeatures,
        temperatures: [0, 0],
        compressionRatioThreshold,
      } as const;
      return (await transcribeWindow(model, tokenizer, pcmOf(6_000), options)).attempts.map(({ verdict }) => verdict);
    };
    expect(await run(2.4)).toEqual(["repetitive", "repetitive"]);
    expect(await run(null)).toEqual(["ok"]);
  });
});
