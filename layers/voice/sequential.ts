import { pooledLlr, type WeightedLlr } from "./likelihood.ts";

/** How much of a recording to judge, where not all of it is wanted. */
export type VoiceBudget = {
  /** Stop when a wrong stop is no likelier than this, e.g. 0.01. Without it only `maxWindows` stops. */
  errorRate?: number;
  /** Not before so many windows are judged. */
  minWindows?: number;
  /** Not after so many. */
  maxWindows?: number;
};

export type StopReason = "settled" | "budget";

const defaultMinWindows = 4;
/** Evidence of more than this share against the rest means that the recording is not of one kind, and no part may stand for it. */
const contraryShareMax = 0.1;

/**
 * Wald's sequential probability ratio test ("Sequential Tests of Statistical Hypotheses", 1945) for equal error rates α: stop as soon as the pooled
 * log-likelihood ratio leaves ±ln((1 − α) / α). The pooled ratio allows for windows that depend on each other, so the test is
 * stricter than one that adds them up. It never stops while the windows contradict each other.
 */
export function shouldStop(
  judged: readonly WeightedLlr[],
  budget: VoiceBudget,
  correlation: number,
): StopReason | undefined {
  const { errorRate, minWindows = defaultMinWindows, maxWindows = Number.POSITIVE_INFINITY } = budget;
  if (errorRate !== undefined && judged.length >= minWindows) {
    const pooled = pooledLlr(judged, correlation);
    const settled = Math.abs(pooled) >= Math.log((1 - errorRate) / errorRate);
    if (settled && contraryShare(judged) <= contraryShareMax) return "settled";
  }
  return judged.length >= maxWindows ? "budget" : undefined;
}

/** Share of the evidence (weight times |llr|) for the side that has less of it: 0 where all windows agree, at most a half. */
export function contraryShare(windows: readonly WeightedLlr[]): number {
  let spoof = 0;
  let bonaFide = 0;
  for (const { llr, weight } of windows) {
    if (llr > 0) spoof += weight * llr;
    else bonaFide -= weight * llr;
  }
  const total = spoof + bonaFide;
  return total === 0 ? 0 : Math.min(spoof, bonaFide) / total;
}

/**
 * The order in which `count` windows are judged when judging may stop early: every beginning of it is spread over the whole recording
 * (van der Corput's sequence in base 2), so that a part that is spliced in is not missed for standing at the end.
 */
export function spreadOrder(count: number): number[] {
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(1, count))));
  const order: number[] = [];
  for (let i = 0; i < 2 ** bits; i++) {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
    if (reversed < count) order.push(reversed);
  }
  return order;
}

/** A recording that is not settled by so many parts is of more than one kind, or close to the line: then all of it is judged. */
const mostPartsUntilSettled = 32;

/**
 * For parts of a recording that are judged in several places, in any order: after how many of them, in the order given, the answer
 * was settled. What a part says is the same whenever it is judged, so everybody who asks gets the same answer; a part that is
 * not there yet ends the search.
 * @param parts the evidence of each part, in the order of `spreadOrder`; undefined where it is not known
 * @returns undefined where it is not settled by what is known
 */
export async function settledAfter(
  parts: Iterable<readonly WeightedLlr[] | undefined> | AsyncIterable<readonly WeightedLlr[] | undefined>,
  budget: VoiceBudget,
  correlation: number,
): Promise<number | undefined> {
  const judged: WeightedLlr[] = [];
  let count = 0;
  for await (const part of parts) {
    if (part === undefined || count === mostPartsUntilSettled) return undefined;
    judged.push(...part);
    count++;
    if (shouldStop(judged, budget, correlation) === "settled") return count;
  }
  return undefined;
}
