import { describe, expect, it } from "vitest";
import { describeLanguage } from "./language.ts";
import { decidedLanguage, languageOfText } from "./text-language.ts";

const even = { en: 0.43, de: 0.2, fr: 0.2, cy: 0.1, ja: 0.05, zh: 0.02 };

describe("languageOfText", () => {
  it.each([
    ["Mr. Quilter is the apostle of the middle classes, and we are glad to welcome his gospel.", "en"],
    ["Ich glaube, das ist ein gutes Wunder, und wir freuen uns darüber.", "de"],
    ["Sous le consulat, il devient conservateur des eaux et forêts.", "fr"],
    ["客観的実在の判断的知識が成立するのである。", "ja"],
    ["Hm.", undefined],
    ["", undefined],
  ])("of %j is %s", async (text, expected) => {
    expect(await languageOfText(text, even)).toBe(expected);
  });

  it("is none that the audio rules out", async () => {
    expect(await languageOfText("Sous le consulat, il devient conservateur des eaux et forêts.", { en: 0.9 })).not.toBe(
      "fr",
    );
    expect(await languageOfText("客観的実在の判断的知識", { en: 0.9, de: 0.1 })).toBeUndefined();
  });

  it("may be the one that the text was decoded in, however little the audio says of it", async () => {
    const text = "weil bei palladianischen Villen keine Abstellräume vorgesehen waren";
    expect(await languageOfText(text, { hu: 0.3, fi: 0.3, jw: 0.3 }, "de")).toBe("de");
  });
});

describe("decidedLanguage", () => {
  it("is the text's where what was heard leaves it open, and what was heard or given elsewhere", async () => {
    const text = "Mr. Quilter is the apostle of the middle classes.";
    expect(await decidedLanguage(describeLanguage(even, undefined), text)).toMatchObject({ code: "en" });
    expect(await decidedLanguage(describeLanguage({ de: 0.6, en: 0.4 }, undefined), text)).toMatchObject({
      code: "de",
    });
    expect(await decidedLanguage(describeLanguage(even, "fr"), text)).toMatchObject({ code: "fr", source: "given" });
  });
});
