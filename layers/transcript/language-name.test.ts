import { describe, expect, it } from "vitest";
import { languageName, namesOfLanguages } from "./language-name.ts";

describe("names of languages", () => {
  it("are English, or the code where there is no name", () => {
    expect(["de", "yue", "und", "xx", "x!"].map(languageName)).toEqual([
      ...["German", "Cantonese", "unknown language", "xx", "x!"],
    ]);
  });

  it("are all of a record's, and the one of an earlier record", () => {
    const language = { code: "en" };
    expect(namesOfLanguages({ language, languages: [{ code: "en" }, { code: "de" }] })).toBe("English, German");
    expect(namesOfLanguages({ language })).toBe("English");
    expect(namesOfLanguages({ language: { code: "und" }, languages: [] })).toBe("unknown language");
    expect(namesOfLanguages({})).toBeUndefined();
  });
});
