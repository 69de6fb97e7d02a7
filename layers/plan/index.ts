export { type CostLine, costOf, dollarsOf } from "./cost.ts";
export { parseDuration, spokenDuration } from "./duration.ts";
export { type JobPlan, planJob } from "./estimate.ts";
export { type FleetPlan, type Latencies, latenciesOf, planFleet } from "./fleet.ts";
export { awsSystem, functionMB, type PlanChoices, smallConcurrency, tiers } from "./job.ts";
export { type Quota, quotas } from "./limits.ts";
export { windowing } from "./measured.ts";
export { type Architecture, prices } from "./prices.ts";
export {
  type Arrival,
  fileLengths,
  type Pattern,
  type SimulatedFunction,
  type Simulation,
  type System,
  simulate,
  statesPassed,
  transitionsPerWindow,
  type Usage,
} from "./simulate/index.ts";
