import { rocCurve, type Trials } from "./roc.ts";

/** What the two errors cost, and how often spoof comes. */
export type DetectionCost = {
  priorSpoof: number;
  /** Of calling a bona fide trial spoof: ASVspoof's miss. */
  missCost: number;
  /** Of calling a spoof trial bona fide: ASVspoof's false alarm. */
  falseAlarmCost: number;
};

/** Track 1 of ASVspoof 5 (Wang et al., arXiv:2408.08739): π_spoof 0.05, C_miss 1, C_fa 10. */
export const asvspoof5Cost: DetectionCost = { priorSpoof: 0.05, missCost: 1, falseAlarmCost: 10 };

/**
 * Normalised detection cost at the best possible threshold: min over τ of (1 − π) C_miss P_miss(τ) + π C_fa P_fa(τ), over the cost of the better
 * of the two decisions that do not listen at all. 0 is perfect, 1 is worth nothing.
 */
export function minimumDetectionCost(trials: Trials, cost: DetectionCost = asvspoof5Cost): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { falsePositiveRate, falseNegativeRate } of rocCurve(trials)) {
    least = Math.min(least, detectionCost(falsePositiveRate, falseNegativeRate, cost));
  }
  return least;
}

/**
 * The same at the threshold that Bayes' rule sets for log-likelihood ratios: what a calibrated system really pays.
 * @param trials log-likelihood ratios, natural, positive for spoof
 */
export function actualDetectionCost(trials: Trials, cost: DetectionCost = asvspoof5Cost): number {
  const { priorSpoof, missCost, falseAlarmCost } = cost;
  const threshold = Math.log(((1 - priorSpoof) * missCost) / (priorSpoof * falseAlarmCost));
  const share = (scores: readonly number[], wrong: (score: number) => boolean) =>
    scores.filter(wrong).length / scores.length;
  return detectionCost(
    share(trials.bonaFide, (score) => score >= threshold),
    share(trials.spoof, (score) => score < threshold),
    cost,
  );
}

function detectionCost(
  falsePositiveRate: number,
  falseNegativeRate: number,
  { priorSpoof, missCost, falseAlarmCost }: DetectionCost,
): number {
  const misses = (1 - priorSpoof) * missCost;
  const falseAlarms = priorSpoof * falseAlarmCost;
  return (misses * falsePositiveRate + falseAlarms * falseNegativeRate) / Math.min(misses, falseAlarms);
}

/**
 * Cost of log-likelihood ratios in bits (Brümmer & du Preez, "Application-independent evaluation of speaker detection", Computer Speech & Language 20,
 * 2006): 0 is perfect, 1 is what ratios of 1 get, more is worse than saying nothing.
 */
export function logLikelihoodRatioCost({ bonaFide, spoof }: Trials): number {
  const bits = (scores: readonly number[], sign: number) =>
    scores.reduce((sum, llr) => sum + softplus(sign * llr), 0) / scores.length / Math.LN2;
  return (bits(bonaFide, 1) + bits(spoof, -1)) / 2;
}

/** ln(1 + eˣ) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
