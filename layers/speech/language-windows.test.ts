import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseLanguageWindows, detectLanguage, detectWindowLanguage, majorityLanguage } from "./language-windows.ts";
import {
  englishManifest,
  id,
  logitsOf,
  pcmOf,
  saying,
  scriptedModel,
  silentFeatures,
} from "./scripted-model.fixture.ts";

const features = silentFeatures;

describe("chooseLanguageWindows", () => {
  const sizes = { windowMs: 30_000, durationMs: 600_000 };

  it("SPEECH 7: begins with speech, never with leading silence, and takes up to four windows", () => {
    const speech = Array.from({ length: 30 }, (_, n) => [40_000 + 15_000 * n, 50_000 + 15_000 * n] as const);
    expect(chooseLanguageWindows(speech, sizes)).toEqual([
      [40_000, 70_000],
      [70_000, 100_000],
      [100_000, 130_000],
      [130_000, 160_000],
    ]);
  });

  it("SPEECH 7: passes over blips, unless there is nothing else", () => {
    expect(
      chooseLanguageWindows(
        [
          [1_000, 1_100],
          [90_000, 95_000],
        ],
        sizes,
      ),
    ).toEqual([[90_000, 120_000]]);
    expect(chooseLanguageWindows([[1_000, 1_100]], sizes)).toEqual([[1_000, 31_000]]);
  });

  it("SPEECH 7: falls back to the beginning, as the reference, where there is no speech", () => {
    expect(chooseLanguageWindows([], sizes)).toEqual([[0, 30_000]]);
    expect(chooseLanguageWindows([], { ...sizes, durationMs: 5_000 })).toEqual([[0, 5_000]]);
  });

  it("SPEECH 7: windows are in order, disjoint, inside the file and no longer than the model's", () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 60_000 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(spans, fc.integer({ min: 10, max: 300_000 }), (gaps, durationMs) => {
        let cursor = 0;
        const speech = gaps.map(([gap, ms]): [number, number] => {
          const start = cursor + gap;
          cursor = start + ms;
          return [start, cursor];
        });
        let last = 0;
        const windows = chooseLanguageWindows(speech, { windowMs: 30_000, durationMs });
        expect(windows.length >= 1 && windows.length <= 4).toBe(true);
        for (const [start, end] of windows) {
          expect(start >= last && start < end && end <= durationMs && end - start <= 30_000).toBe(true);
          last = end;
        }
      }),
    );
  });
});

describe("majorityLanguage", () => {
  it("SPEECH 7: takes the majority of the confident windows", () => {
    const heard = [
      { en: 0.9, de: 0.1 },
      { en: 0.2, de: 0.8 },
      { en: 0.3, de: 0.7 },
      { en: 0.6, de: 0.4 },
      { de: 0.8, en: 0.2 },
    ];
    expect(majorityLanguage(heard)).toMatchObject({
      code: "de",
      decodedAs: "de",
      probability: expect.closeTo(0.767, 3),
    });
  });

  it("SPEECH 7: windows that are not sure have no vote, and without a vote it is und", () => {
    const unsure = { en: 0.4, de: 0.35, es: 0.25 };
    expect(majorityLanguage([unsure, unsure, { en: 0.1, de: 0.9 }]).code).toBe("de");
    expect(majorityLanguage([unsure])).toMatchObject({
      code: "und",
      decodedAs: "en",
      candidates: [{ code: "en" }, {}, {}],
    });
    // Two halves that are sure on average only.
    expect(
      majorityLanguage(
        [
          { en: 0.52, de: 0.48 },
          { en: 0.49, de: 0.49, es: 0.02 },
        ],
        0.6,
      ).code,
    ).toBe("und");
  });

  it("SPEECH 7: a checkpoint with one language has nothing to decide", () => {
    expect(majorityLanguage([{}])).toMatchObject({ code: "en", source: "model" });
  });
});

describe("detectLanguage", () => {
  it("SPEECH 7: hears window after window without decoding, and leaves those without speech out", async () => {
    const heard = [id.es, id.de, id.es];
    const { model, account } = scriptedModel((moment) =>
      saying([[]], { language: heard[moment.encoding]!, noSpeech: moment.encoding === 2 ? 30 : -20 })(moment),
    );
    const result = await detectLanguage(model, [pcmOf(3_000), pcmOf(9_000), pcmOf(1_000)], { features });
    expect(result.windows.map(({ language, silent }) => [language.code, silent])).toEqual([
      ["es", false],
      ["de", false],
      ["und", true],
    ]);
    expect(result.language.code).toBe("es");
    expect(account).toMatchObject({
      open: 0,
      hypotheses: [[id.startOfTranscript], [id.startOfTranscript], [id.startOfTranscript]],
    });
  });

  it("SPEECH 7: is und where no window has speech, and the only language of an English-only checkpoint", async () => {
    const silent = scriptedModel(() => logitsOf({ [id.noSpeech]: 30, [id.en]: 5 }));
    expect((await detectLanguage(silent.model, [pcmOf(1_000)], { features })).language.code).toBe("und");
    const english = scriptedModel(() => logitsOf({}), englishManifest);
    expect((await detectWindowLanguage(english.model, pcmOf(1_000), { features })).language).toMatchObject({
      code: "en",
      source: "model",
    });
  });

  it("refuses a window that is too long", async () => {
    const { model } = scriptedModel(() => logitsOf({}));
    await expect(detectWindowLanguage(model, pcmOf(10_001))).rejects.toMatchObject({ code: "request.invalid" });
  });
});
