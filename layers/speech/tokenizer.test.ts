import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTokenizer, loadTokenizer } from "./tokenizer.ts";
import { readVocabulary } from "./vocabulary.ts";

/** GPT-2's characters of a text's bytes. */
function byteLevel(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const printable = (b: number) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
      if (printable(byte)) return String.fromCharCode(byte);
      return String.fromCharCode(0x100 + Array.from({ length: byte }, (_, b) => b).filter((b) => !printable(b)).length);
    })
    .join("");
}

const pieces = [" hello", ' "quoted\\', "日", " wörld", "\n", "}"].map(byteLevel);
// A character of three bytes in two tokens, as BPE splits rare ones.
const [firstByte, ...otherBytes] = byteLevel("本");
const vocab = [...pieces, firstByte!, otherBytes.join(""), "<|endoftext|>"];
const endOfText = vocab.length - 1;
const json = JSON.stringify(
  { added_tokens: [], model: { type: "BPE", vocab: Object.fromEntries(vocab.map((t, i) => [t, i])), merges: ["a b"] } },
  null,
  2,
);

describe("createTokenizer", () => {
  const tokenizer = createTokenizer(readVocabulary(Buffer.from(json), endOfText));

  it("joins bytes before reading them as UTF-8", () => {
    expect(tokenizer.decode([0, 1, 2, 6, 7, 3, 4, 5])).toBe(' hello "quoted\\日本 wörld\n}');
  });

  it("leaves special and timestamp tokens out", () => {
    expect(tokenizer.decode([endOfText, 0, endOfText + 40])).toBe(" hello");
  });

  it("drops a character that was left unfinished at the end, and replaces one broken in the middle", () => {
    expect(tokenizer.decode([0, 6])).toBe(" hello");
    expect(tokenizer.decode([6, 0])).toBe("\ufffd hello");
  });
});

describe("readVocabulary", () => {
  it.each([
    ["without a vocabulary", "{}", /no vocabulary/],
    ["that is cut off", json.slice(0, json.indexOf("wÃ")), /cut off/],
    ["with a hole", json.replace(/: 3,/, ": 300,"), /token 3 of 8 is missing/],
    ["that is not byte-level", json.replace("Ġhello", "▁hello"), /not byte-level/],
  ])("refuses a file %s", (_name, text, message) => {
    expect(() => readVocabulary(Buffer.from(text), endOfText)).toThrow(message);
  });
});

describe("loadTokenizer", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "halfgig-tokenizer-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("says which file is missing, then reads it", async () => {
    await expect(loadTokenizer(directory, { tokens: { endOfText } })).rejects.toMatchObject({ code: "model.missing" });
    await writeFile(join(directory, "tokenizer.json"), json);
    const tokenizer = await loadTokenizer(directory, { tokens: { endOfText } });
    expect(tokenizer.decode([0])).toBe(" hello");
  });
});

const whisperTiny = "../shared/data/whisper-tiny-meta";
describe.runIf(existsSync(whisperTiny))("whisper-tiny's own tokenizer (needs ../shared)", () => {
  it("decodes what it encodes to", async () => {
    const tokenizer = await loadTokenizer(whisperTiny, { tokens: { endOfText: 50_257 } });
    const ids = [50_258, 50_363, 7751, 261, 2311, 348, 220, 27311, 31348, 19862, 82, 29, 50_257];
    expect(tokenizer.decode(ids)).toBe(" hello wörld 日本語 </s>");
  });
});
