import { describe, expect, it } from "vitest";
import { combineLanguages, type HeardLanguage } from "./language.ts";

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
    expect(language).toMatchObject({ code: "de", probability: expect.closeTo((9 * 0.8) / 11, 6) });
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

  it("answers und when three languages share the file, and the timeline says where each is", () => {
    const language = combineLanguages([heard(0, "en", 1), heard(1_000, "de", 1), heard(2_000, "es", 1)]);
    expect(language.code).toBe("und");
    expect(language.timeline.map(({ startMs, endMs, code }) => [startMs, endMs, code])).toEqual([
      [0, 1_000, "en"],
      [1_000, 2_000, "de"],
      [2_000, 3_000, "es"],
    ]);
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
