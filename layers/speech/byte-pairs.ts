import type { Vocabulary } from "./vocabulary.ts";

/**
 * GPT-2's division of text before byte pairs are merged: contractions, runs of letters, of numbers and of other characters
 * with the space before them, and white space. `\s` is spelled out, because JavaScript counts U+FEFF as white space and the
 * reference's engine does not.
 */
const pieces =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * Text to token ids by byte pair encoding, as tiktoken does it for the reference: of all neighbours whose bytes together are a
 * token, the pair with the lowest id is merged first, until no such pair is left. Byte-level vocabularies number their tokens
 * in the order of their merges, so the merges themselves are not needed.
 */
export class BytePairEncoder {
  /** Bytes, one Latin-1 character each, to id. */
  readonly #ids: Map<string, number>;

  constructor({ bytes, offsets }: Vocabulary) {
    this.#ids = new Map();
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    for (let id = 0; id < offsets.length - 1; id++) {
      const token = all.slice(offsets[id]!, offsets[id + 1]!);
      if (!this.#ids.has(token)) this.#ids.set(token, id);
    }
  }

  /** Special tokens have no text form: `<|endoftext|>` is encoded as the characters it is made of. */
  encode(text: string): number[] {
    const tokens: number[] = [];
    for (const [piece] of text.toWellFormed().matchAll(pieces)) {
      this.#merge(Buffer.from(piece, "utf8").toString("latin1"), tokens);
    }
    return tokens;
  }

  #merge(piece: string, into: number[]): void {
    const whole = this.#ids.get(piece);
    if (whole !== undefined) {
      into.push(whole);
      return;
    }
    // Words are short; a run of one character without spaces is cut, so that a hostile prompt costs no quadratic time.
    for (let at = 0; at < piece.length; at += longestPiece) this.#mergePairs(piece.slice(at, at + longestPiece), into);
  }

  #mergePairs(piece: string, into: number[]): void {
    const parts = [...piece];
    for (;;) {
      let lowest = Infinity;
      let at = -1;
      for (let i = 0; i + 1 < parts.length; i++) {
        const id = this.#ids.get(parts[i]! + parts[i + 1]!);
        if (id !== undefined && id < lowest) {
          lowest = id;
          at = i;
        }
      }
      if (at < 0) break;
      parts.splice(at, 2, parts[at]! + parts[at + 1]!);
    }
    for (const part of parts) {
      const id = this.#ids.get(part);
      // A byte that the vocabulary lacks cannot be said to the model; published vocabularies have all 256.
      if (id !== undefined) into.push(id);
    }
  }
}

const longestPiece = 1_024;
