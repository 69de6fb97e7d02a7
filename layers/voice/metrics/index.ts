export {
  actualDetectionCost,
  asvspoof5Cost,
  type DetectionCost,
  logLikelihoodRatioCost,
  minimumDetectionCost,
} from "./cost.ts";
export { fitPlatt, type PlattFit } from "./platt.ts";
export { type Outcome, type Reliability, type ReliabilityBin, reliability } from "./reliability.ts";
export { areaUnderRoc, type EqualErrorRate, equalErrorRate, type RocPoint, rocCurve, type Trials } from "./roc.ts";
