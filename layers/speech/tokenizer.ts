import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "../core/index.ts";
import type { ModelManifest } from "../inference/index.ts";
import { BytePairEncoder } from "./byte-pairs.ts";
import { readVocabulary, type Vocabulary } from "./vocabulary.ts";

/** Token ids to text, and text to token ids. */
export interface Tokenizer {
  /**
   * The text of the text tokens among `tokens`; special and timestamp tokens are left out, as `Tokenizer.decode` of
   * whisper/tokenizer.py does. Bytes that are not UTF-8 become U+FFFD, but a character that the last token left
   * unfinished is dropped: the rest of it was never said.
   */
  decode(tokens: readonly number[]): string;
  /** The same, but a character that the last token left unfinished becomes U+FFFD: what splitting into words looks for. */
  decodeLossy(tokens: readonly number[]): string;
  /** Text tokens of `text`, as `Tokenizer.encode` of the reference; what looks like a special token is plain text. */
  encode(text: string): Promise<number[]>;
}

/**
 * Reads the tokenizer of a checkpoint's folder (`tokenizer.json`).
 *
 * Decoding needs the vocabulary and nothing else: for whisper-tiny 9 MB of RSS instead of the 63 MB of
 * @huggingface/tokenizers, and less than half of its time (60 against 200 ms side by side), since that also builds the merges.
 * What encoding needs is made from the same vocabulary when text is first encoded.
 *
 * @throws MediaError `model.missing` without the file, `model.invalid` when it is not byte-level BPE.
 */
export async function loadTokenizer(
  directory: string,
  { tokens }: { tokens: Pick<ModelManifest["tokens"], "endOfText"> },
): Promise<Tokenizer> {
  const path = join(directory, "tokenizer.json");
  let json: Buffer;
  try {
    json = await readFile(path);
  } catch (cause) {
    throw new MediaError(
      "model.missing",
      `The model has no ${path}. Put the checkpoint's tokenizer.json there, or fetch the model again.`,
      { cause },
    );
  }
  return createTokenizer(readVocabulary(json, tokens.endOfText));
}

/** A tokenizer over a vocabulary; every id that the vocabulary does not hold counts as special. */
export function createTokenizer({ bytes, offsets }: Vocabulary): Tokenizer {
  const textTokens = offsets.length - 1;
  let encoder: BytePairEncoder | undefined;
  const decode = (tokens: readonly number[], decoder: ReturnType<typeof newDecoder>) => {
    let text = "";
    for (const token of tokens) {
      if (token >= textTokens) continue;
      text += decoder.decode(bytes.subarray(offsets[token]!, offsets[token + 1]!), { stream: true });
    }
    return text;
  };
  return {
    decode: (tokens) => decode(tokens, newDecoder()),
    decodeLossy(tokens) {
      const decoder = newDecoder();
      return decode(tokens, decoder) + decoder.decode();
    },
    async encode(text) {
      encoder ??= new BytePairEncoder({ bytes, offsets });
      return encoder.encode(text);
    },
  };
}

const newDecoder = () => new TextDecoder("utf-8", { ignoreBOM: true });
