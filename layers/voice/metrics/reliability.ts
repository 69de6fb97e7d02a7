/** A trial with a probability of spoof and the truth. */
export type Outcome = { probability: number; spoof: boolean };

/** Trials whose probability lies in [from, to), or up to 1 for the last one. */
export type ReliabilityBin = {
  from: number;
  to: number;
  count: number;
  /** Both null where the bin is empty. */
  meanProbability: number | null;
  spoofShare: number | null;
};

export type Reliability = { bins: ReliabilityBin[]; expectedCalibrationError: number };

/**
 * The reliability table and the expected calibration error: the mean difference between what was said and what came true, over bins of equal width
 * (Naeini, Cooper & Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015), for the probability
 * of spoof itself.
 * @throws RangeError without outcomes, or for what is not a probability
 */
export function reliability(outcomes: readonly Outcome[], binCount = 10): Reliability {
  if (outcomes.length === 0) throw new RangeError("there are no outcomes");
  const sums = Array.from({ length: binCount }, () => ({ count: 0, probability: 0, spoof: 0 }));
  for (const { probability, spoof } of outcomes) {
    if (!(probability >= 0 && probability <= 1)) throw new RangeError(`${probability} is not a probability`);
    const sum = sums[Math.min(binCount - 1, Math.floor(probability * binCount))]!;
    sum.count++;
    sum.probability += probability;
    if (spoof) sum.spoof++;
  }
  let error = 0;
  const bins = sums.map(({ count, probability, spoof }, i) => {
    error += Math.abs(probability - spoof) / outcomes.length;
    return {
      from: i / binCount,
      to: (i + 1) / binCount,
      count,
      meanProbability: count === 0 ? null : probability / count,
      spoofShare: count === 0 ? null : spoof / count,
    };
  });
  return { bins, expectedCalibrationError: error };
}
