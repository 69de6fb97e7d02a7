import type { Benchmark, Calibration } from "./card.ts";

/** A network's softmax saturates long before its evidence does: probabilities are kept this far from 0 and 1. */
const probabilityFloor = 1e-6;
/** No single window counts for more than odds of about 150 : 1, whatever its softmax says. */
export const maxWindowLlr = 5;

/** Odds as a natural logarithm. */
export function logOdds(probability: number): number {
  const p = clamp(probability, probabilityFloor, 1 - probabilityFloor);
  return Math.log(p / (1 - p));
}

/** The probability of spoof that a log-likelihood ratio means where both classes are equally likely beforehand. */
export function probabilityOf(llr: number): number {
  return 1 / (1 + Math.exp(-llr));
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** ln of P(window | spoof) / P(window | bona fide), from a model's P(spoof); positive speaks for spoof. Within ±`maxWindowLlr`. */
export function calibratedLlr(spoofProbability: number, calibration: Calibration): number {
  return clamp(affine(logOdds(spoofProbability), calibration), -maxWindowLlr, maxWindowLlr);
}

function affine(odds: number, calibration: Calibration): number {
  if (calibration.kind === "none") return odds;
  if (calibration.kind === "temperature") return odds / calibration.temperature;
  // Platt's posterior includes the prior of the trials that it was fitted on.
  return calibration.scale * odds + calibration.offset - logOdds(calibration.priorSpoof);
}

export type WeightedLlr = { llr: number; weight: number };

/**
 * Evidence of several windows of one recording together: their weighted mean times the number of independent windows that they are worth.
 * n windows of mutual correlation ρ are worth n / (1 + (n − 1) ρ) (the design effect of Kish, "Survey Sampling", 1965), where unequal weights
 * count as (Σw)² / Σw² windows. With ρ = 0 this is the sum of independent evidence, with ρ = 1 its mean.
 * @returns 0 for no windows
 */
export function pooledLlr(windows: readonly WeightedLlr[], correlation: number): number {
  let weights = 0;
  let squares = 0;
  let sum = 0;
  for (const { llr, weight } of windows) {
    weights += weight;
    squares += weight * weight;
    sum += weight * llr;
  }
  if (weights === 0) return 0;
  const count = weights ** 2 / squares;
  return (sum / weights) * (count / (1 + (count - 1) * correlation));
}

/** The strongest evidence for either side that a detector may claim. */
export type EvidenceBounds = { lowest: number; highest: number };

/**
 * What a call of a detector is worth by its measured error rates. "Spoof" is at most (1 − FNR) / FPR times likelier of a spoof, "bona fide" at most
 * (1 − FPR) / FNR times likelier of a human voice: the two likelihood ratios of a test with a binary outcome. No score may claim more
 * than these. A detector without figures may claim nothing.
 */
export function evidenceBounds(benchmark: Benchmark | null): EvidenceBounds {
  if (!benchmark) return { lowest: 0, highest: 0 };
  const falsePositive = Math.max(benchmark.falsePositiveRate, probabilityFloor);
  const falseNegative = Math.max(benchmark.falseNegativeRate, probabilityFloor);
  const highest = Math.log(Math.max(1 - falseNegative, probabilityFloor) / falsePositive);
  const lowest = Math.log(falseNegative / Math.max(1 - falsePositive, probabilityFloor));
  return { lowest: Math.min(0, lowest), highest: Math.max(0, highest) };
}

/** `llr` as far as the bounds let it go. */
export function within({ lowest, highest }: EvidenceBounds, llr: number): number {
  return clamp(llr, lowest, highest);
}
