import { describe, expect, it } from "vitest";
import { combineLanguages, type HeardLanguage, spokenLanguages } from "./language.ts";
import type { Segment } from "./types.ts";

const heard = (
  startMs: number,
  code: string,
  probability: number,
  { speechMs = 1_000, probabilities = { [code]: probability }, fixed = false }: Partial<HeardLanguage> = {},
): HeardLanguage => ({ startMs, endMs: startMs + 1_000, code, probability, probabilities, speechMs, fixed });

describe("combineLanguages", () => {
  it("takes the majority of the speech, not of the windows", () => {
    const language = combineLanguages([
      heard(0, "en", 0.9),
      heard(1_000, "en", 0.9),
      heard(2_000, "de", 0.8, { speechMs: 9_000 }),
    ]);
    expect(language).toMatchObject({ code: "de", probability: expect.closeTo(0.8, 6) });
    expect(language.candidates.map(({ code }) => code)).toEqual(["de", "en"]);
  });

  it("does not let unsure windows vote", () => {
    const unsure = [1, 2, 3, 4].map((i) => heard(i * 1_000, "und", 0.3, { probabilities: { en: 0.3, nl: 0.29 } }));
    expect(combineLanguages([...unsure, heard(9_000, "de", 0.95)])).toMatchObject({ code: "de", probability: 0.95 });
  });

  it("answers und with candidates when no window is sure", () => {
    const language = combineLanguages([heard(0, "und", 0.4, { probabilities: { en: 0.4, de: 0.35 } })]);
    expect(language).toMatchObject({ code: "und", probability: 0.4 });
    expect(language.candidates).toEqual([
      { code: "en", probability: 0.4 },
      { code: "de", probability: 0.35 },
    ]);
  });

  it("SPEECH 28: takes the longest of several, and the timeline says where each is", () => {
    const language = combineLanguages([heard(0, "en", 1), heard(1_000, "de", 1), heard(2_000, "es", 1)]);
    expect(language).toMatchObject({ code: "en", probability: 1 });
    expect(language.timeline.map(({ startMs, endMs, code }) => [startMs, endMs, code])).toEqual([
      [0, 1_000, "en"],
      [1_000, 2_000, "de"],
      [2_000, 3_000, "es"],
    ]);
  });

  it("believes the segments where there are any, whatever their windows say, and no invented ones", () => {
    const invented = { hallucination: { verdict: "likely" as const, signs: [], voiceShare: 0, repeats: 0 } };
    const language = combineLanguages(
      [heard(0, "sn", 0.9), { ...heard(1_000, "zh", 0.8), endMs: 9_000, probabilities: { zh: 0.8, en: 0.15 } }],
      [
        { startMs: 0, endMs: 900, language: "sn", ...invented },
        { startMs: 1_000, endMs: 3_000, language: "en" },
        { startMs: 3_100, endMs: 4_500, language: "zh" },
        { startMs: 4_600, endMs: 5_400, language: "en", languageProbability: 0.95 },
        { startMs: 5_500, endMs: 6_500, language: "en", languageProbability: 0.95 },
      ],
    );
    expect(language).toMatchObject({ code: "en", probability: expect.closeTo((2 * 0.15 + 1.8 * 0.95) / 3.8, 6) });
    expect(language.timeline).toEqual([
      { startMs: 1_000, endMs: 3_000, code: "en", probability: 0.15 },
      { startMs: 3_100, endMs: 4_500, code: "zh", probability: 0.8 },
      { startMs: 4_600, endMs: 6_500, code: "en", probability: expect.closeTo(0.95, 6) },
    ]);
  });

  it("does not let segments vote whose language nobody knows", () => {
    const segments = [
      { startMs: 0, endMs: 8_000, language: "und" },
      { startMs: 8_000, endMs: 9_000, language: "fr" },
    ];
    expect(combineLanguages([heard(0, "und", 0.3), heard(8_000, "fr", 0.9)], segments).code).toBe("fr");
    expect(combineLanguages([heard(0, "und", 0.3)], segments.slice(0, 1)).code).toBe("und");
  });

  it("joins neighbours of the same language and leaves windows without speech out", () => {
    const { timeline } = combineLanguages([
      heard(0, "en", 0.9),
      heard(1_000, "fr", 0.99, { speechMs: 0 }),
      heard(2_000, "en", 0.6, { speechMs: 2_000 }),
      heard(3_000, "de", 0.7),
    ]);
    expect(timeline).toEqual([
      { startMs: 0, endMs: 3_000, code: "en", probability: expect.closeTo(0.7, 6) },
      { startMs: 3_000, endMs: 4_000, code: "de", probability: 0.7 },
    ]);
  });

  it("believes a language that was given, however improbable, and says how improbable", () => {
    const given = heard(0, "es", 0.1, { fixed: true, probabilities: { es: 0.1, en: 0.9 } });
    expect(combineLanguages([given])).toMatchObject({ code: "es", probability: 0.1 });
  });

  it("knows nothing about nothing", () => {
    expect(combineLanguages([])).toEqual({ code: "und", probability: 0, timeline: [], candidates: [] });
  });
});

describe("spokenLanguages", () => {
  const language = combineLanguages([]);
  const spoken = (...parts: [string, number][]) => {
    let atMs = 0;
    return parts.map(([code, lengthMs]) => {
      const startMs = atMs;
      atMs += lengthMs;
      return { startMs, endMs: atMs, language: code } as Segment;
    });
  };

  it("names all of them, the longest first", () => {
    const segments = spoken(["de", 30_000], ["en", 40_000], ["de", 20_000], ["und", 10_000]);
    expect(spokenLanguages({ segments, language })).toEqual([
      { code: "de", share: 0.5 },
      { code: "en", share: 0.4 },
    ]);
  });

  it("passes over a word or two, unless the file has no more", () => {
    expect(spokenLanguages({ segments: spoken(["en", 60_000], ["de", 1_900]), language })).toEqual([
      { code: "en", share: 0.969 },
    ]);
    expect(spokenLanguages({ segments: spoken(["en", 600_000], ["de", 2_000]), language })).toHaveLength(2);
    expect(spokenLanguages({ segments: spoken(["und", 60_000], ["de", 900]), language })).toEqual([
      { code: "de", share: 0.015 },
    ]);
  });

  it("goes by what was heard where there is no text, and says nothing where nobody asked", () => {
    const windows = combineLanguages([heard(0, "fr", 0.9), heard(1_000, "en", 0.9, { speechMs: 500 })]);
    expect(spokenLanguages({ segments: [], language: windows }).map(({ code }) => code)).toEqual(["fr", "en"]);
    expect(spokenLanguages({ segments: spoken(["en", 9_000]), language: null })).toEqual([]);
  });
});
