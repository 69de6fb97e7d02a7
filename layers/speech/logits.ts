import { noUsableNumbers } from "./search.ts";

/** Beyond this distance below the maximum, all of a 52k vocabulary together weighs less than 1e-8. */
const negligible = 30;

/**
 * `log Σ exp(x)` over `logits[from, to)`; −∞ when all of them are. Masked logits are −∞.
 */
export function logSumExp(logits: Float32Array, from = 0, to = logits.length): number {
  const maximum = maximumOf(logits, from, to);
  if (maximum === -Infinity) return -Infinity;
  const floor = maximum - negligible;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const x = logits[i]!;
    if (x > floor) sum += Math.exp(x - maximum);
  }
  return maximum + Math.log(sum);
}

export function maximumOf(logits: Float32Array, from = 0, to = logits.length): number {
  let maximum = -Infinity;
  for (let i = from; i < to; i++) if (logits[i]! > maximum) maximum = logits[i]!;
  return maximum;
}

/** Probability of one token under the softmax of all logits. */
export function probabilityOf(logits: Float32Array, token: number): number {
  return Math.exp((logits[token] ?? -Infinity) - logSumExp(logits));
}

/**
 * The `count` tokens with the largest logits, largest first, the lower id first among equals; masked ones are left out. One
 * pass over the vocabulary that keeps `count` of them.
 */
export function topTokens(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  let least = -Infinity;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token]!;
    if (!(logit > least)) continue;
    let at = best.length < count ? best.length : count - 1;
    for (; at > 0 && logits[best[at - 1]!]! < logit; at--) best[at] = best[at - 1]!;
    best[at] = token;
    if (best.length === count) least = logits[best[count - 1]!]!;
  }
  return best;
}

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** mulberry32 (Tommy Ettinger, public domain): a 32-bit state is plenty for a few thousand draws, and it is the same everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The next token and its log-probability (always at temperature 1), as `GreedyDecoder.update` of whisper/decoding.py:
 * the most probable at temperature 0, else a draw from `softmax(logits / temperature)`.
 *
 * @throws MediaError `model.invalid` when no token is left to choose, which only broken weights bring about.
 */
export function chooseToken(
  logits: Float32Array,
  temperature: number,
  random: Random,
): { token: number; logprob: number } {
  const token = temperature === 0 ? indexOfMaximum(logits) : sample(logits, temperature, random);
  const logprob = (logits[token] ?? Number.NaN) - logSumExp(logits);
  if (!Number.isFinite(logprob)) {
    throw noUsableNumbers();
  }
  return { token, logprob };
}

/** The first of the largest. */
function indexOfMaximum(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

function sample(logits: Float32Array, temperature: number, random: Random): number {
  const maximum = maximumOf(logits);
  const floor = maximum - negligible * temperature;
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i]!;
    if (x > floor) total += Math.exp((x - maximum) / temperature);
  }
  let left = random() * total;
  let last = indexOfMaximum(logits);
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i]!;
    if (!(x > floor)) continue;
    last = i;
    left -= Math.exp((x - maximum) / temperature);
    if (left < 0) break;
  }
  return last;
}
