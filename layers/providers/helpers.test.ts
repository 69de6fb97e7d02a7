import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfterMs } from "../core/index.ts";
import { languageCode, languageName } from "./language-names.ts";
import { readVerboseJson } from "./verbose-json.ts";

describe("languageCode", () => {
  it.each([
    ["english", "en"],
    ["Haitian Creole", "ht"],
    ["javanese", "jw"],
    ["myanmar", "my"],
    ["cantonese", "yue"],
    ["en-US", "en"],
    ["de", "de"],
    ["klingon", "und"],
    ["", "und"],
  ])("%s is %s", (name, code) => {
    expect(languageCode(name)).toBe(code);
  });
});

describe("languageName", () => {
  it.each([
    ["en", "english"],
    ["ht", "haitian creole"],
    ["jw", "javanese"],
    ["yue", "cantonese"],
    ["tlh", "tlh"],
  ])("%s is %s", (code, name) => {
    expect(languageName(code)).toBe(name);
    expect(languageCode(name)).toBe(code);
  });
});

describe("retryAfterMs", () => {
  it.each([
    ["2", 2000],
    [new Date(5000).toUTCString(), 4000],
    [new Date(0).toUTCString(), 0],
    ["soon", undefined],
    [null, undefined],
  ])("%s", (header, expected) => {
    expect(retryAfterMs(header, 1000)).toBe(expected);
  });
});

describe("readVerboseJson", () => {
  const time = fc.double({ min: 0, max: 50, noNaN: true });
  const word = fc.record({ word: fc.string(), start: time, end: time });
  const segment = fc.record({ start: time, end: time, text: fc.string() });
  const reply = fc.record(
    { text: fc.string(), language: fc.string(), segments: fc.array(segment), words: fc.array(word) },
    { requiredKeys: [] },
  );
  it("keeps every time inside the window, whatever a service says", () => {
    fc.assert(
      fc.property(reply, (value) => {
        const { segments } = readVerboseJson(value, { durationMs: 30_000, given: undefined });
        for (const { startMs, endMs, words = [], text } of segments) {
          expect(text).not.toBe("");
          for (const ms of [startMs, endMs, ...words.flatMap((one) => [one.startMs, one.endMs])]) {
            expect(Number.isInteger(ms) && ms >= 0 && ms <= 30_000).toBe(true);
          }
        }
      }),
    );
  });
});
