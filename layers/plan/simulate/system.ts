import type { PlannedFunction } from "../measured.ts";

export type SimulatedFunction = PlannedFunction | "infer";

/** What one call of a function takes. */
export type CallCost = { coldMs: number; ms: number; reads: number; writes: number };

/** A file that arrives. */
export type Arrival = { atMs: number; durationMs: number; windows: number };

/** Everything that may run short, and how long things take: an account of AWS, or one machine. */
export type System = {
  /** One call of a function for a file; `infer` is asked once per window. */
  cost(name: SimulatedFunction, file: Arrival): CallCost;
  /** Calls of one function at once (reserved concurrency); absent: no bound of its own. */
  concurrency(name: SimulatedFunction): number;
  /** MAX_CONCURRENCY: windows of one job at once. */
  maxConcurrency: number;
  /** Calls of all functions at once. */
  accountConcurrency: number;
  /** New environments of one function: at once, and again each ten seconds. */
  scalingPerTenSeconds: number;
  /** How long an environment waits for its next call. */
  idleMs: number;
  /** The workflow's own time for each state, and for starting a job. */
  transitionMs: number;
  startMs: number;
  starts: { perSecond: number; bucket: number };
  transitions: { perSecond: number; bucket: number };
  openMapRuns: number;
  openExecutions: number;
  s3: { readsPerSecond: number; writesPerSecond: number };
  api: { perSecond: number; bucket: number };
  /** How often a client asks for its job. */
  pollMs: number;
};
