import { describe, expect, it } from "vitest";
import { jobOptionsSchema } from "../layers/storage/index.ts";
import { findings } from "./findings.ts";

const options = jobOptionsSchema.parse({});
const language = { code: "en", probability: 0.9 };
const languages = [
  { code: "en", share: 0.6 },
  { code: "de", share: 0.4 },
];

describe("what is said beside the text", () => {
  it("names all languages, says where a voice has no text and what may help, and how many lines were left out", () => {
    const warnings = ["30:50–31:07: a voice is heard, but there is no text for it (17.2 s in all)."];
    expect([...findings({ language, languages, warnings, leftOut: 2, options }, {})]).toEqual([
      "language: English, German",
      warnings[0],
      expect.stringContaining("--model base"),
      "2 lines were left out, because nobody is believed to have said so; --keep-doubtful prints what is left out",
    ]);
  });

  it("is short where there is nothing to say, and where doubtful lines are printed", () => {
    expect([...findings({ options, leftOut: 0 }, {})]).toEqual([]);
    expect([...findings({ options, leftOut: 1 }, { keepDoubtful: true })]).toEqual([]);
    expect([...findings({ options, leftOut: 1 }, {})]).toEqual([expect.stringMatching(/^1 line was left out/)]);
  });
});
