import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";

/** One case of golden.py: an input, and a few numbers of what the published architecture makes of it. */
export type GoldenCase = {
  name: string;
  /** Deflated bytes in base64, for features of a recording; absent for seeded ones. */
  mel: string | null;
  frames: number;
  tokens: number[];
  crossRows: { name: string; head: number; position: number; values: number[] }[];
  /** Every `logitStep`-th logit is kept. */
  logitStep: number;
  /** Per position of `tokens`. */
  logits: number[][];
  argmax: number[];
  /** Of a teacher-forced pass over its own tokens; `head` counts the alignment heads. */
  alignment: {
    tokens: number[];
    positionStep: number;
    rows: { head: number; token: number; values: number[] }[];
    probabilities: number[];
  };
};

/** Every `step`-th value of the normalised log-mel features of golden.py's signal. */
export type GoldenLogMel = { seconds: number; step: number; values: number[] };

/** Texts and their ids in the demo model's tokenizer. */
export type GoldenTokens = { cases: { text: string; tokens: number[] }[] };

export const storedGoldens = fileURLToPath(new URL("../fixtures/parity", import.meta.url));

export function readGolden<T = { cases: GoldenCase[] }>(fileName: string, directory = storedGoldens): T {
  return JSON.parse(readFileSync(join(directory, fileName), "utf8")) as T;
}

/** golden.py's `pack`, backwards. */
export function unpackMel(packed: string): Float32Array {
  return Float32Array.from(inflateSync(Buffer.from(packed, "base64")), (level) => level / 64 - 1.5);
}

export function maxAbsoluteError(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((worst, value, index) => Math.max(worst, Math.abs(value - actual[index]!)), 0);
}

export function cosine(actual: ArrayLike<number>, expected: readonly number[]): number {
  let dot = 0;
  let actualSquares = 0;
  let expectedSquares = 0;
  for (const [index, value] of expected.entries()) {
    dot += value * actual[index]!;
    actualSquares += actual[index]! ** 2;
    expectedSquares += value ** 2;
  }
  return dot / Math.sqrt(actualSquares * expectedSquares);
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}
