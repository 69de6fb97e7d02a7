import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadTokenizer } from "./tokenizer.ts";

const demo = "layers/models/demo/whisper";
const whisperTiny = "../shared/data/whisper-tiny-meta";

const scraps = [
  " Hello",
  "world",
  "'s",
  " I'll",
  "日本語",
  " ünï",
  "  ",
  "\n\n",
  "\t",
  "123",
  " 4567",
  "—",
  "«x»",
  "😀👩‍👧",
];
const more = [
  "नमस्ते",
  " مرحبا",
  " Grüße",
  "ไทย",
  "aaaaaaa",
  "!!!",
  " ?!",
  "\u00a0",
  "\u3000",
  "e\u0301",
  "<|",
  "|>",
  "ﬁ",
  "Ⅷ",
  "½",
];
// U+FEFF is white space in JavaScript and not in the reference, U+0085 the other way round.
const text = fc
  .array(fc.oneof(fc.constantFrom(...scraps, ...more), fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 9 })
  .map((pieces) => pieces.join("").replace(/[\u0085\ufeff]/g, ""));

async function agree(directory: string, endOfText: number, numRuns: number) {
  const json = (name: string) => JSON.parse(readFileSync(join(directory, name), "utf8"));
  const library = new Library(json("tokenizer.json"), json("tokenizer_config.json"));
  const tokenizer = await loadTokenizer(directory, { tokens: { endOfText } });
  await fc.assert(
    fc.asyncProperty(text, async (sample) => {
      const tokens = await tokenizer.encode(sample);
      expect(tokens).toEqual(library.encode(sample, { add_special_tokens: false }).ids);
      expect(tokenizer.decode(tokens)).toBe(sample);
    }),
    { numRuns },
  );
}

describe("BytePairEncoder", () => {
  it("SPEECH 18: encodes prompts as @huggingface/tokenizers does, with the demo model's tokenizer", async () => {
    await agree(demo, 1158, 400);
  });

  it.runIf(existsSync(whisperTiny))("SPEECH 18: … and with whisper-tiny's (needs ../shared)", async () => {
    await agree(whisperTiny, 50_257, 400);
  });

  it("SPEECH 18: takes what looks like a special token for plain text, and lone surrogates for U+FFFD", async () => {
    const tokenizer = await loadTokenizer(demo, { tokens: { endOfText: 1158 } });
    const tokens = await tokenizer.encode("<|endoftext|>\ud800");
    expect(tokens.every((token) => token < 1158)).toBe(true);
    expect(tokenizer.decode(tokens)).toBe("<|endoftext|>\ufffd");
  });

  it("SPEECH 18: gets through a long run without a space", async () => {
    const tokenizer = await loadTokenizer(demo, { tokens: { endOfText: 1158 } });
    const run = "a".repeat(20_000);
    expect(tokenizer.decode(await tokenizer.encode(run))).toBe(run);
  });
});
