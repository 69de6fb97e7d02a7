import { calibratedLlr, logOdds, probabilityOf, type VoiceCard } from "../../layers/voice/index.ts";
import {
  actualDetectionCost,
  areaUnderRoc,
  equalErrorRate,
  fitPlatt,
  logLikelihoodRatioCost,
  minimumDetectionCost,
  type Reliability,
  reliability,
  type Trials,
} from "../../layers/voice/metrics/index.ts";

/** A detector's P(spoof) of one recording, and the truth. */
export type Scored = { probability: number; spoof: boolean };

export type Figures = {
  recordings: number;
  equalErrorRate: number;
  areaUnderRoc: number;
  /** ASVspoof 5's: at the best threshold, and at Bayes' for the ratios as the card calibrates them. */
  minimumCost: number;
  actualCost: number;
  /** Bits; 1 is what saying nothing costs. */
  ratioCost: number;
  /** At a calibrated probability of a half. */
  falsePositiveRate: number;
  falseNegativeRate: number;
  reliability: Reliability;
};

export function figures(scored: readonly Scored[], calibration: VoiceCard["calibration"]): Figures {
  const llrs = trialsOf(scored, ({ probability }) => calibratedLlr(probability, calibration));
  // Order is what these need, and clipping makes ties.
  const raw = trialsOf(scored, ({ probability }) => logOdds(probability));
  return {
    recordings: scored.length,
    equalErrorRate: equalErrorRate(raw).rate,
    areaUnderRoc: areaUnderRoc(raw),
    minimumCost: minimumDetectionCost(raw),
    actualCost: actualDetectionCost(llrs),
    ratioCost: logLikelihoodRatioCost(llrs),
    falsePositiveRate: llrs.bonaFide.filter((llr) => llr > 0).length / llrs.bonaFide.length,
    falseNegativeRate: llrs.spoof.filter((llr) => llr <= 0).length / llrs.spoof.length,
    reliability: reliability([
      ...llrs.bonaFide.map((llr) => ({ probability: probabilityOf(llr), spoof: false })),
      ...llrs.spoof.map((llr) => ({ probability: probabilityOf(llr), spoof: true })),
    ]),
  };
}

export type SuggestedCalibration = { scale: number; offset: number; ratioCostBefore: number; ratioCostAfter: number };

/** A calibration fitted on every other pair of recordings, and what it does for the rest. */
export function suggestCalibration(scored: readonly Scored[]): SuggestedCalibration {
  const half = (rest: number) => scored.filter((_, i) => (i >> 1) % 2 === rest);
  const fit = fitPlatt(trialsOf(half(0), ({ probability }) => logOdds(probability)));
  const others = trialsOf(half(1), ({ probability }) => logOdds(probability));
  const map = (odds: number) => fit.scale * odds + fit.offset;
  return {
    ...fit,
    ratioCostBefore: logLikelihoodRatioCost(others),
    ratioCostAfter: logLikelihoodRatioCost({ bonaFide: others.bonaFide.map(map), spoof: others.spoof.map(map) }),
  };
}

function trialsOf(scored: readonly Scored[], value: (one: Scored) => number): Trials {
  return {
    bonaFide: scored.filter(({ spoof }) => !spoof).map(value),
    spoof: scored.filter(({ spoof }) => spoof).map(value),
  };
}
