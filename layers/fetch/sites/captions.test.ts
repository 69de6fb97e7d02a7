import { describe, expect, it } from "vitest";
import { chooseCaptions } from "./captions.ts";
import { siteInfoSchema } from "./info.ts";

const track = (language: string, ext = "vtt") => ({ ext, url: `https://captions.test/${language}.${ext}` });
const info = (manual: string[], automatic: string[] = [], more: Record<string, unknown> = {}) =>
  siteInfoSchema.parse({
    subtitles: Object.fromEntries(manual.map((name) => [name, [track(name)]])),
    automatic_captions: Object.fromEntries(automatic.map((name) => [name, [track(name), track(name, "json3")]])),
    ...more,
  });

describe("chooseCaptions", () => {
  it.each([
    ["manual before automatic", info(["en"], ["en-orig", "en"]), ["en"], "en", false],
    ["the first wanted language that is there", info(["de", "fr"]), ["it", "fr", "de"], "fr", false],
    ["exactly the region", info(["pt-PT", "pt-BR"]), ["pt-BR"], "pt-BR", false],
    ["another region, where there is none", info(["pt-PT"]), ["pt-BR"], "pt-PT", false],
    [
      "a manual track in a less wanted language before an automatic one",
      info(["de"], ["en-orig"]),
      ["en", "de"],
      "de",
      false,
    ],
    ["a translation only where it is asked for", info([], ["en-orig", "de"]), ["de"], "de", true],
    ["what is spoken, by the site's word", info(["en", "ja"], [], { language: "ja" }), [], "ja", false],
    ["what is spoken, by the automatic track", info(["en", "ja"], ["ja-orig", "en"]), [], "ja", false],
    ["the only one there is", info(["sv"]), [], "sv", false],
  ] as const)("takes %s", (_, from, wanted, language, automatic) => {
    expect(chooseCaptions(from, wanted)).toMatchObject({ language, automatic });
  });

  it.each([
    ["none is there", info([]), ["en"]],
    ["only other languages are", info(["de"]), ["en"]],
    ["nobody knows which is spoken", info(["de", "en"]), []],
    ["only translations are there", info([], ["de", "en"]), []],
    ["only a chat is", info(["live_chat"]), []],
    [
      "they are in pieces",
      siteInfoSchema.parse({ subtitles: { en: [{ ...track("en"), protocol: "m3u8_native" }] } }),
      ["en"],
    ],
    ["they are drawn", siteInfoSchema.parse({ subtitles: { en: [track("en", "sup")] } }), ["en"]],
  ] as const)("takes nothing where %s", (_, from, wanted) => {
    expect(chooseCaptions(from, wanted)).toBeUndefined();
  });

  it("takes machine captions in the form that does not repeat lines", () => {
    expect(chooseCaptions(info([], ["en-orig"]), [])).toMatchObject({ format: "json3", language: "en" });
  });
});
