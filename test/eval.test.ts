import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WhisperModel } from "../layers/inference/index.ts";
import { demoModelId, resolveModel } from "../layers/models/index.ts";
import { loadTokenizer } from "../layers/speech/index.ts";
import {
  digitWords,
  editDistance,
  espeakSets,
  evaluate,
  type Item,
  inWindow,
  isInstalled,
  languages,
  Random,
  type Recogniser,
  resample,
  score,
  sentence,
  silentSets,
  trim,
  wordErrorRate,
} from "../scripts/eval/index.ts";
import { bundledItems } from "./soak/recording.ts";

describe("the word error rate", () => {
  it.each([
    ["one two three", "one two three", 0],
    ["one two three", "One, two. THREE!", 0],
    ["one two three", "", 1],
    ["one two three four", "one three four", 0.25],
    ["one two three four", "one two two three four", 0.25],
    ["one two three four", "one nine three four", 0.25],
    ["one", "two three", 2],
    ["fu\u0308nf acht", "fünf acht", 0],
    ["", "", 0],
  ])("of %j heard as %j is %d", (reference, hypothesis, rate) => {
    expect(wordErrorRate([{ reference, hypothesis }])).toBe(rate);
  });

  it("weighs texts by their words", () => {
    const pairs = [
      { reference: "one two three", hypothesis: "one two three" },
      { reference: "four", hypothesis: "five" },
    ];
    expect(wordErrorRate(pairs)).toBe(0.25);
  });

  const text = fc.array(fc.constantFrom(...digitWords.en), { minLength: 1, maxLength: 12 });

  it("is 0 for a text against itself", () => {
    fc.assert(
      fc.property(text, (said) => {
        const reference = said.join(" ");
        expect(wordErrorRate([{ reference, hypothesis: reference }])).toBe(0);
      }),
    );
  });

  it("rests on a metric: symmetric, bounded by the longer text, and never longer by way of a third", () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});

describe("the recordings", () => {
  const tone = (hz: number, rateHz: number, samples: number) =>
    Float32Array.from({ length: samples }, (_, n) => Math.sin((2 * Math.PI * hz * n) / rateHz));

  it.each([8_000, 22_050, 44_100])("are resampled from %d Hz without a change of tone or level", (rateHz) => {
    const output = resample(tone(1_000, rateHz, rateHz), rateHz);
    const expected = tone(1_000, 16_000, 16_000);
    expect(output.length).toBe(16_000);
    const errors = Array.from(output.subarray(200, 15_800), (value, n) => Math.abs(value - expected[n + 200]!));
    expect(Math.max(...errors)).toBeLessThan(0.02);
  });

  it("are cut to where there is sound, with 20 ms around it", () => {
    const pcm = new Float32Array(32_000);
    pcm.set(tone(500, 16_000, 8_000), 16_000);
    expect(trim(pcm).length).toBe(8_000 + 2 * 320);
  });

  it("are the same for the same seed, and others for another", async () => {
    const first = async (seed: number) => {
      for await (const item of silentSets({ seed, count: 1 })[1]!.items()) return item.pcm;
      return undefined;
    };
    expect(await first(1)).toEqual(await first(1));
    expect(await first(1)).not.toEqual(await first(2));
  });

  it("hold the speech where the item says, and sentences without brackets", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...languages), (seed, language) => {
        expect(sentence(language, new Random(seed))).toMatch(/^\p{L}+( \p{L}+)*$/u);
      }),
    );
    const item = inWindow(tone(500, 16_000, 16_000), "", "en", new Random("place"));
    expect(item.speech!.endMs - item.speech!.startMs).toBe(1_000);
    expect(item.pcm.length).toBe(160_000);
  });
});

describe("a tiny evaluation of the demo model", () => {
  let directory: string;
  let recogniser: Recogniser & AsyncDisposable;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "halfgig-eval-test-"));
    const built = await resolveModel({ id: demoModelId, modelsDirectory: directory, precision: "int8" });
    const model = await WhisperModel.load({ directory: built.directory });
    const tokenizer = await loadTokenizer(built.directory, model.manifest);
    recogniser = { model, tokenizer, [Symbol.asyncDispose]: () => model[Symbol.asyncDispose]() };
  });
  afterAll(async () => {
    await recogniser[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  it("has less than 15 % word error rate on voices it never heard", async () => {
    const items: Item[] = [];
    if (await isInstalled("espeak-ng")) {
      const digits = espeakSets({ seed: 1, count: 8 }).filter(({ name }) => name.includes("digits"));
      for (const set of digits) items.push(...(await Array.fromAsync(set.items())));
    } else items.push(...(await bundledItems()));
    const [judged = []] = await evaluate([recogniser], items);
    const result = score(judged);
    expect(result.windows).toBeGreaterThanOrEqual(4);
    expect(result.wordErrorRate).toBeLessThan(0.15);
    expect(result.speechAccuracy).toBe(1);
    expect(result.languageAccuracy).toBeGreaterThan(0.85);
    expect(result.startError.medianMs).toBeLessThan(100);
  });

  it("takes silence and noise for silence", async () => {
    for (const set of silentSets({ seed: 7, count: 3 }).slice(0, 2)) {
      const [judged = []] = await evaluate([recogniser], set.items());
      const result = score(judged);
      expect(result.speechAccuracy, set.name).toBe(1);
      expect(result.inventedShare, set.name).toBe(0);
      expect(result.wordErrorRate, set.name).toBeNaN();
    }
  });
});
