import type { Alignment } from "../inference/index.ts";
import { timeWarp } from "./time-warp.ts";

/** Width of the median filter over time, `medfilt_width` of whisper/timing.py. */
const filterWidth = 7;
const half = filterWidth >> 1;

/** What cross-attention says about time; rows are those from no-timestamps to the last text token. */
export type TokenAttention = {
  /** One position per row: entry n is where text token n begins and entry n + 1 where it ends. */
  starts: Int32Array;
  /** Where the model looked for text token n (end-of-text in the last row): `[rows, width]`, the sum over heads of their softmax. */
  mass: Float32Array;
  width: number;
};

/**
 * Where each token begins: the middle of `find_alignment` in whisper/timing.py. Per alignment head: softmax over the real
 * positions, z-norm over all tokens, median filter of 7 over time; then the mean over heads and dynamic time warping.
 *
 * @param alignment of start sequence, no-timestamps, text and end-of-text
 * @param skip length of the start sequence, whose rows take part in the norm and not in the warping
 * @param positions encoder positions that lie on real audio, at most `alignment.positions`
 */
export function tokenAttention(alignment: Alignment, skip: number, positions: number): TokenAttention {
  const { scores, heads, tokens } = alignment;
  const width = Math.max(1, Math.min(positions, alignment.positions));
  const rows = tokens - skip - 1;
  const cost = new Float32Array(rows * width);
  const mass = new Float32Array(rows * width);
  const weights = new Float32Array(tokens * width);
  const filtered = new Float32Array(width);
  for (let head = 0; head < heads; head++) {
    const first = head * tokens * alignment.positions;
    for (let token = 0; token < tokens; token++) {
      const at = first + token * alignment.positions;
      softmax(scores.subarray(at, at + width), weights.subarray(token * width, (token + 1) * width));
    }
    for (let i = 0, from = skip * width; i < mass.length; i++) mass[i]! += weights[from + i]!;
    normalizeOverTokens(weights, tokens, width);
    for (let row = 0; row < rows; row++) {
      const from = (row + skip) * width;
      medianFilter(weights.subarray(from, from + width), filtered);
      for (let t = 0; t < width; t++) cost[row * width + t]! -= filtered[t]! / heads;
    }
  }
  return { starts: timeWarp(cost, rows, width), mass, width };
}

/**
 * The position before which `share` of a row's attention lies, of what lies in [from, to); a fraction, since attention inside a
 * position is taken as even.
 * @param from first position looked at
 * @param to position after the last, above `from`; both are cut to the row
 */
export function quantilePosition(
  { mass, width }: Pick<TokenAttention, "mass" | "width">,
  row: number,
  { from, to, share }: { from: number; to: number; share: number },
): number {
  const first = Math.max(0, Math.min(from, width - 1));
  const end = Math.max(first + 1, Math.min(to, width));
  const attention = mass.subarray(row * width + first, row * width + end);
  let wanted = share * attention.reduce((sum, part) => sum + part, 0);
  for (let t = 0; t < attention.length; t++) {
    const part = attention[t]!;
    if (part > 0 && part >= wanted) return first + t + wanted / part;
    wanted -= part;
  }
  return end;
}

function softmax(from: Float32Array, into: Float32Array): void {
  let maximum = -Infinity;
  for (let t = 0; t < from.length; t++) if (from[t]! > maximum) maximum = from[t]!;
  let total = 0;
  for (let t = 0; t < from.length; t++) {
    const weight = Math.exp(from[t]! - maximum);
    into[t] = weight;
    total += weight;
  }
  for (let t = 0; t < from.length; t++) into[t]! /= total;
}

/** `(x − mean) / std` down every column, with the population's deviation; a column without variance says nothing. */
function normalizeOverTokens(weights: Float32Array, tokens: number, width: number): void {
  // Row by row, as they lie in memory: the same sums in the same order as column by column.
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (let i = 0; i < weights.length; i += width) for (let t = 0; t < width; t++) mean[t]! += weights[i + t]!;
  for (let t = 0; t < width; t++) mean[t]! /= tokens;
  for (let i = 0; i < weights.length; i += width) {
    for (let t = 0; t < width; t++) deviation[t]! += (weights[i + t]! - mean[t]!) ** 2;
  }
  for (let t = 0; t < width; t++) deviation[t] = Math.sqrt(deviation[t]! / tokens);
  for (let i = 0; i < weights.length; i += width) {
    for (let t = 0; t < width; t++) {
      weights[i + t] = deviation[t]! > 0 ? (weights[i + t]! - mean[t]!) / deviation[t]! : 0;
    }
  }
}

/** `median_filter` with reflected ends; a row no longer than half the filter stays as it is. */
export function medianFilter(row: Float32Array, into: Float32Array): void {
  const { length } = row;
  if (length <= half) {
    into.set(row);
    return;
  }
  const window = new Float32Array(filterWidth);
  for (let t = 0; t < length; t++) {
    for (let k = 0; k < filterWidth; k++) {
      const at = Math.abs(t + k - half);
      const value = row[at < length ? at : 2 * (length - 1) - at]!;
      let i = k;
      for (; i > 0 && window[i - 1]! > value; i--) window[i] = window[i - 1]!;
      window[i] = value;
    }
    into[t] = window[half]!;
  }
}
