import { describe, expect, it } from "vitest";
import { bestLanguage, describeLanguage, languageProbabilities, listen, requestedLanguage } from "./language.ts";
import { englishManifest, id, logitsOf, manifest, saying, scriptedModel } from "./scripted-model.fixture.ts";

describe("languageProbabilities", () => {
  it("SPEECH 6: is a softmax over the language tokens, whatever else is likelier", () => {
    const logits = logitsOf({ [id.word(0)]: 50, [id.en]: 0, [id.de]: Math.log(3), [id.es]: -Infinity });
    const probabilities = languageProbabilities(logits, manifest);
    expect(probabilities).toEqual({ en: expect.closeTo(0.25, 6), de: expect.closeTo(0.75, 6), es: 0 });
  });

  it("SPEECH 6: is empty for an English-only checkpoint", () => {
    expect(languageProbabilities(logitsOf({}), englishManifest)).toEqual({});
  });
});

describe("listen", () => {
  it("SPEECH 6: takes one step from start-of-transcript and cleans up", async () => {
    const { model, account } = scriptedModel(saying([[]], { language: id.es }));
    using audio = await model.encode(new Float32Array(2), 1);
    expect(bestLanguage(await listen(model, audio))).toBe("es");
    expect(account).toMatchObject({ hypotheses: [[id.startOfTranscript]], open: 1 });
  });
});

describe("describeLanguage", () => {
  it("SPEECH 7: answers und below the threshold, with candidates, and says what it decoded as", () => {
    const language = describeLanguage({ en: 0.4, de: 0.35, es: 0.25 }, undefined);
    expect(language).toMatchObject({ code: "und", probability: 0.4, decodedAs: "en", source: "detected" });
    expect(language.candidates.map(({ code }) => code)).toEqual(["en", "de", "es"]);
  });

  it("keeps the evidence when the language was given", () => {
    const language = describeLanguage({ en: 0.9, de: 0.1 }, "de");
    expect(language).toMatchObject({ code: "de", probability: 0.1, decodedAs: "de", source: "given" });
  });

  it("does not claim to have heard the only language it knows", () => {
    expect(describeLanguage({}, undefined)).toMatchObject({ code: "en", source: "model", candidates: [] });
  });
});

describe("requestedLanguage", () => {
  it.each([
    [
      "a language it lacks",
      manifest,
      { language: "xx", task: "transcribe" },
      /does not know the language "xx".*de, en, es/,
    ],
    ["a foreign language of an English model", englishManifest, { language: "de", task: "transcribe" }, /English only/],
    ["translation by an English model", englishManifest, { task: "translate" }, /cannot translate/],
    ["a name that objects inherit", manifest, { language: "constructor", task: "transcribe" }, /does not know/],
  ] as const)("refuses %s", (_name, own, options, message) => {
    expect(() => requestedLanguage(own, options)).toThrow(message);
  });

  it("takes codes in any case, and nothing for detection", () => {
    expect(requestedLanguage(manifest, { language: "DE", task: "translate" })).toBe("de");
    expect(requestedLanguage(manifest, { task: "transcribe" })).toBeUndefined();
    expect(requestedLanguage(englishManifest, { language: "en", task: "transcribe" })).toBe("en");
  });
});
