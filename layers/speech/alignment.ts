import type { Alignment } from "../inference/index.ts";
import { timeWarp } from "./time-warp.ts";

/** Width of the median filter over time, `medfilt_width` of whisper/timing.py. */
const filterWidth = 7;
const half = filterWidth >> 1;

/**
 * Where each token begins: the middle of `find_alignment` in whisper/timing.py. Per alignment head: softmax over the real
 * positions, z-norm over all tokens, median filter of 7 over time; then the mean over heads and dynamic time warping.
 *
 * @param alignment of start sequence, no-timestamps, text and end-of-text
 * @param skip length of the start sequence, whose rows take part in the norm and not in the warping
 * @param positions encoder positions that lie on real audio, at most `alignment.positions`
 * @returns one position for every row from no-timestamps to the last text token: entry n is where text token n begins and
 * entry n + 1 where it ends
 */
export function tokenPositions(alignment: Alignment, skip: number, positions: number): Int32Array {
  const { scores, heads, tokens } = alignment;
  const width = Math.max(1, Math.min(positions, alignment.positions));
  const rows = tokens - skip - 1;
  const cost = new Float32Array(rows * width);
  const weights = new Float32Array(tokens * width);
  const filtered = new Float32Array(width);
  for (let head = 0; head < heads; head++) {
    const first = head * tokens * alignment.positions;
    for (let token = 0; token < tokens; token++) {
      const at = first + token * alignment.positions;
      softmax(scores.subarray(at, at + width), weights.subarray(token * width, (token + 1) * width));
    }
    normalizeOverTokens(weights, tokens, width);
    for (let row = 0; row < rows; row++) {
      const from = (row + skip) * width;
      medianFilter(weights.subarray(from, from + width), filtered);
      for (let t = 0; t < width; t++) cost[row * width + t]! -= filtered[t]! / heads;
    }
  }
  return timeWarp(cost, rows, width);
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
  for (let t = 0; t < width; t++) {
    let sum = 0;
    for (let i = t; i < weights.length; i += width) sum += weights[i]!;
    const mean = sum / tokens;
    let squares = 0;
    for (let i = t; i < weights.length; i += width) squares += (weights[i]! - mean) ** 2;
    const deviation = Math.sqrt(squares / tokens);
    for (let i = t; i < weights.length; i += width) weights[i] = deviation > 0 ? (weights[i]! - mean) / deviation : 0;
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
