import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadTokenizer, type Tokenizer } from "./tokenizer.ts";
import { mergePunctuation, splitWords, type Word } from "./word-split.ts";

const demo = "layers/models/demo/whisper";
const tokenizer = await loadTokenizer(demo, { tokens: { endOfText: 1158 } });
const texts = (words: Word[]) => words.map(({ text }) => text);

async function split(text: string, language?: string, own: Tokenizer = tokenizer) {
  return splitWords(own, await own.encode(text), language);
}

describe("splitWords", () => {
  it("SPEECH 23: splits on spaces and keeps punctuation apart", async () => {
    expect(texts(await split(" Hello, wörld! It's 42."))).toEqual([
      " Hello",
      ",",
      " wörld",
      "!",
      " It",
      "'s",
      " 42",
      ".",
    ]);
  });

  it("SPEECH 23: splits languages without spaces on code points, never inside one", async () => {
    for (const language of ["zh", "ja", "th", "lo", "my", "yue"]) {
      expect(texts(await split("日本語です", language))).toEqual([..."日本語です"]);
    }
    expect(texts(await split("日本語です", "en"))).toEqual(["日本語です"]);
  });

  it("SPEECH 23: takes bytes that are broken in the whole text for a word of U+FFFD", () => {
    // The first byte of a character of three, then a word: nothing can complete it.
    const broken = [...new Array(256).keys()].find((token) => tokenizer.decodeLossy([token]) === "\ufffd")!;
    const words = splitWords(tokenizer, [broken, 220, 64], "ja");
    expect(words.flatMap(({ tokens }) => tokens)).toEqual([broken, 220, 64]);
    expect(words[0]!.text).toContain("\ufffd");
  });

  it("SPEECH 23: has every token in exactly one word, and the text in all of them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", maxLength: 30 }),
        fc.constantFrom("en", "ja"),
        async (text, language) => {
          const tokens = await tokenizer.encode(text);
          const words = splitWords(tokenizer, tokens, language);
          expect(words.flatMap((word) => word.tokens)).toEqual(tokens);
          expect(texts(words).join("")).toBe(tokenizer.decode(tokens));
        },
      ),
    );
  });
});

describe("mergePunctuation", () => {
  const merged = (pieces: string[]) => {
    const words = pieces.map((text, i) => ({ text, tokens: [i] }));
    mergePunctuation(words);
    return words;
  };

  it("SPEECH 23: joins opening marks to the word after and closing ones to the word before", () => {
    const words = merged([" “", "Yes", ".", "”", " (", "no", ")", "!"]);
    expect(texts(words).filter((text) => text !== "")).toEqual([" “Yes.”", " (no)!"]);
    expect(words.flatMap(({ tokens }) => tokens)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(words.filter(({ text }) => text === "").every(({ tokens }) => tokens.length === 0)).toBe(true);
  });

  it("SPEECH 23: leaves a hyphen inside a compound alone, and survives nothing at all", () => {
    expect(texts(merged([" well", "-", "known"]))).toEqual([" well", "-", "known"]);
    expect(merged([])).toEqual([]);
  });
});

const whisperTiny = "../shared/data/whisper-tiny-meta";
describe.runIf(existsSync(whisperTiny))("whisper-tiny's own tokenizer (needs ../shared)", () => {
  it("SPEECH 23: splits rare characters of several tokens as one", async () => {
    const own = await loadTokenizer(whisperTiny, { tokens: { endOfText: 50_257 } });
    expect(texts(await split("鬱陶しい", "ja", own))).toEqual(["鬱", "陶", "しい"]);
    expect(texts(await split(" The 𠮷野家, quickly.", "en", own))).toEqual([" The", " 𠮷野家", ",", " quickly", "."]);
  });
});
