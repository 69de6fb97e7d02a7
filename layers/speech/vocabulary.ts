import { MediaError } from "../core/index.ts";

/** The bytes of every text token, back to back: token `id` is `bytes[offsets[id] .. offsets[id + 1]]`. */
export type Vocabulary = { bytes: Uint8Array; offsets: Uint32Array };

const quote = 0x22;
const backslash = 0x5c;
const closingBrace = 0x7d;

/**
 * Reads the text tokens (ids below `endOfText`) out of a hub `tokenizer.json` of byte-level BPE, without building the
 * object graph of the whole file: merges are needed to encode text, never to decode it.
 *
 * @throws MediaError `model.invalid` when the file has no vocabulary, or one with holes.
 */
export function readVocabulary(tokenizerJson: Buffer, endOfText: number): Vocabulary {
  const offsets = new Uint32Array(endOfText + 1);
  const starts = new Int32Array(endOfText).fill(-1);
  const lengths = new Uint16Array(endOfText);
  const pool = new Uint8Array(tokenizerJson.length);
  let poolLength = 0;

  for (const [token, id] of vocabularyEntries(tokenizerJson)) {
    if (id >= endOfText) continue;
    starts[id] = poolLength;
    for (let i = 0; i < token.length; i++) {
      const byte = byteOfCodeUnit[token.charCodeAt(i)] ?? notAByte;
      if (byte === notAByte) throw invalid(`token ${id} is not byte-level BPE`);
      pool[poolLength++] = byte;
    }
    lengths[id] = poolLength - starts[id]!;
  }

  const bytes = new Uint8Array(poolLength);
  for (let id = 0; id < endOfText; id++) {
    const start = starts[id]!;
    if (start < 0) throw invalid(`text token ${id} of ${endOfText} is missing`);
    bytes.set(pool.subarray(start, start + lengths[id]!), offsets[id]!);
    offsets[id + 1] = offsets[id]! + lengths[id]!;
  }
  return { bytes, offsets };
}

/** The `"token": id` pairs of `model.vocab`, one at a time. */
function* vocabularyEntries(json: Buffer): Generator<[token: string, id: number]> {
  const vocab = json.indexOf('"vocab"');
  let at = vocab < 0 ? -1 : json.indexOf("{", vocab);
  if (at < 0) throw invalid("it has no vocabulary");
  for (;;) {
    while (json[at] !== quote && json[at] !== closingBrace) {
      if (at++ >= json.length) throw invalid("the vocabulary is cut off");
    }
    if (json[at] === closingBrace) return;
    const start = at++;
    while (json[at] !== quote) {
      if (at >= json.length) throw invalid("the vocabulary is cut off");
      at += json[at] === backslash ? 2 : 1;
    }
    const token: unknown = JSON.parse(json.toString("utf8", start, ++at));
    at = json.indexOf(":", at);
    if (at < 0) throw invalid("the vocabulary is cut off");
    const id = Number.parseInt(json.toString("latin1", at + 1, at + 16), 10);
    if (!Number.isInteger(id)) throw invalid(`token ${JSON.stringify(token)} has no id`);
    yield [token as string, id];
  }
}

function invalid(what: string): MediaError {
  return new MediaError(
    "model.invalid",
    `The checkpoint's tokenizer.json cannot be used: ${what}. Fetch the checkpoint's files again.`,
  );
}

const notAByte = -1;

/**
 * GPT-2's `bytes_to_unicode`: BPE vocabularies write each byte as one printable character. Printable Latin-1 stands for
 * itself, the other 68 bytes follow from U+0100 in order.
 */
const byteOfCodeUnit = new Int16Array(0x100 + 68).fill(notAByte);
for (let byte = 0, next = 0x100; byte < 0x100; byte++) {
  const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  byteOfCodeUnit[printable ? byte : next++] = byte;
}
