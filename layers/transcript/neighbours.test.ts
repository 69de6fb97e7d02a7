import { describe, expect, it } from "vitest";
import { smoothLanguages } from "./neighbours.ts";

const said = (startMs: number, endMs: number, language: string, languageProbability?: number) => ({
  startMs,
  endMs,
  language,
  ...(languageProbability === undefined ? {} : { languageProbability }),
});

describe("smoothLanguages", () => {
  it.each([
    ["a short stretch takes its neighbours' language", [said(5_000, 6_500, "th", 0.56)], "en"],
    ["so does one that nobody can place", [said(5_000, 6_500, "und", 0.3)], "en"],
    ["one that is surely in another keeps its own", [said(5_000, 6_500, "de", 0.97)], "de"],
    ["a longer one keeps its own", [said(5_000, 7_500, "de", 0.56)], "de"],
    ["several short ones count together", [said(5_000, 6_500, "de", 0.6), said(6_500, 7_600, "de", 0.6)], "de"],
  ])("%s", (_, between, expected) => {
    const segments = [said(0, 5_000, "en", 0.9), ...between, said(8_000, 12_000, "en", 0.9)];
    smoothLanguages(segments);
    expect(segments.slice(1, -1).map(({ language }) => language)).toEqual(between.map(() => expected));
  });

  it("leaves the ends of a file, and a change of language, as they are", () => {
    const segments = [said(0, 1_000, "th", 0.4), said(1_000, 9_000, "en", 0.9), said(9_000, 10_000, "fr", 0.4)];
    smoothLanguages(segments);
    expect(segments.map(({ language }) => language)).toEqual(["th", "en", "fr"]);
  });
});
