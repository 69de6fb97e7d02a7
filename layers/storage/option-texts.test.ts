import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobOptionsSchema } from "./job-options.ts";
import { optionsFromTexts } from "./option-texts.ts";

describe("job options from texts", () => {
  it.each<[string, Record<string, string>, object]>([
    ["numbers", { beamSize: "3", patience: "1.5", audioTrack: "0" }, { beamSize: 3, patience: 1.5, audioTrack: 0 }],
    ["flags", { words: "on" }, { words: true }],
    ["flags that are off", { words: "0" }, { words: false }],
    ["lists with commas", { temperatures: "0, 0.2,.4" }, { temperatures: [0, 0.2, 0.4] }],
    ["lists in JSON", { tasks: '["transcribe","voice"]' }, { tasks: ["transcribe", "voice"] }],
    ["lists of one", { tasks: "language" }, { tasks: ["language"] }],
    ["null for a threshold", { noSpeechThreshold: "null" }, { noSpeechThreshold: null }],
    ["text that looks like a number", { initialPrompt: "42" }, { initialPrompt: "42" }],
    [
      "names in every spelling",
      { "beam-size": "2", best_of: "2", LENGTHPENALTY: "1" },
      { beamSize: 2, bestOf: 2, lengthPenalty: 1 },
    ],
    [
      "JSON, which fields override",
      { options: '{"language":"de","words":true}', language: "fr" },
      { language: "fr", words: true },
    ],
  ])("reads %s", (_name, texts, expected) => expect(optionsFromTexts(texts).options).toMatchObject(expected));

  it("takes the webhook apart from what identifies a result", () => {
    const webhook = { url: "https://example.org/hook", secret: "0123456789abcdef" };
    const read = optionsFromTexts({ webhook: JSON.stringify(webhook), language: "de" });
    expect(read.webhook).toEqual(webhook);
    expect(read.options).toEqual(jobOptionsSchema.parse({ language: "de" }));
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["an unknown name", { langauge: "de" }, /"langauge" is no option/],
    ["a word for a number", { beamSize: "two" }, /beamSize/],
    ["hexadecimal", { beamSize: "0x2" }, /beamSize/],
    ["nothing for a number", { beamSize: "" }, /beamSize/],
    ["a word for a flag", { words: "perhaps" }, /words/],
    ["options that are a list", { options: "[]" }, /JSON object/],
    ["a webhook without an address", { webhook: "{}" }, /webhook\.url/],
    ["a webhook with a short secret", { webhook: '{"url":"https://a.example/","secret":"x"}' }, /webhook\.secret/],
    ["a webhook that is a file", { webhook: '{"url":"file:///etc/passwd"}' }, /webhook\.url/],
    ["what contradicts itself", { task: "language", words: "1" }, /words/],
    ["a name of every object's", { constructor: "1" }, /constructor/],
  ])("refuses %s", (_name, texts, message) => {
    expect(() => optionsFromTexts(texts)).toThrow(expect.objectContaining({ code: "request.invalid" }));
    expect(() => optionsFromTexts(texts)).toThrow(message);
  });

  it("throws nothing but request.invalid, whatever it is given", () => {
    const names = fc.constantFrom("options", "words", "temperatures", "webhook", "beamSize", "transcript", "x");
    fc.assert(
      fc.property(fc.dictionary(names, fc.oneof(fc.string(), fc.json())), (texts) => {
        try {
          optionsFromTexts(texts);
        } catch (error) {
          expect(error).toMatchObject({ code: "request.invalid" });
        }
      }),
    );
  });
});
