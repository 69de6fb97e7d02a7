import { Clock } from "./clock.ts";
import { Environments } from "./environments.ts";
import { Bucket, Places, type Usage } from "./resources.ts";
import type { Arrival, SimulatedFunction, System } from "./system.ts";

/** States of the workflow that every file passes, up to each call and behind the last; a test compares them with the definition. */
export const statesPassed = {
  probe: ["Begin", "Source", "Probe"],
  split: ["AnySubtitles", "Split"],
  windows: ["Recognition", "Windows"],
  merge: ["Merge"],
  index: ["AnythingTranscribed", "Index"],
  end: ["AnybodyToTell", "Done"],
} as const;
/** A window's child execution: its start and its one state. */
export const transitionsPerWindow = 2;

export type Simulation = {
  /** From a file's arrival to its transcript, ms, in the order of arrival. */
  latenciesMs: number[];
  /** When the last transcript was there. */
  endMs: number;
  usages: Usage[];
  calls: Record<string, { calls: number; coldStarts: number; billedMs: number }>;
  transitions: number;
  reads: number;
  writes: number;
  apiRequests: number;
};

/** Lets files arrive and follows each through the service. The same arrivals and system give the same answer. */
export function simulate(arrivals: readonly Arrival[], system: System): Simulation {
  const clock = new Clock();
  const { starts: startRate, transitions: transitionRate, s3: s3Rate, api: apiRate } = system;
  const account = new Places(clock, "Lambda: concurrent executions of the account", system.accountConcurrency);
  const starts = new Bucket(clock, "Step Functions: StartExecution", startRate.perSecond, startRate.bucket);
  const transitions = new Bucket(
    clock,
    "Step Functions: state transitions",
    transitionRate.perSecond,
    transitionRate.bucket,
  );
  const mapRuns = new Places(clock, "Step Functions: open map runs", system.openMapRuns);
  const executions = new Places(clock, "Step Functions: open executions", system.openExecutions);
  const reads = new Bucket(clock, "S3: reads of one prefix", s3Rate.readsPerSecond, s3Rate.readsPerSecond);
  const writes = new Bucket(clock, "S3: writes to one prefix", s3Rate.writesPerSecond, s3Rate.writesPerSecond);
  const api = new Bucket(clock, "API Gateway: requests", apiRate.perSecond, apiRate.bucket);
  const pools = new Map<SimulatedFunction, Environments>();
  const pool = (name: SimulatedFunction) => {
    const known = pools.get(name);
    if (known) return known;
    const made = new Environments(clock, name, system);
    pools.set(name, made);
    return made;
  };
  const latenciesMs = new Array<number>(arrivals.length).fill(0);
  const totals = { transitions: 0, reads: 0, writes: 0, apiRequests: 0 };
  let endMs = 0;

  const call = (name: SimulatedFunction, file: Arrival, done: () => void): void => {
    const cost = system.cost(name, file);
    totals.reads += cost.reads;
    totals.writes += cost.writes;
    pool(name).run(
      account,
      cost,
      (finish) => {
        reads.spend(cost.reads, () => writes.spend(cost.writes, finish));
      },
      done,
    );
  };
  const pass = (count: number, next: () => void): void => {
    totals.transitions += count;
    transitions.spend(count, () => clock.after(count * system.transitionMs, next));
  };
  const passTo = (stretch: keyof typeof statesPassed, next: () => void) => pass(statesPassed[stretch].length, next);
  const request = (name: SimulatedFunction, file: Arrival, done: () => void): void => {
    totals.apiRequests++;
    api.take(() => call(name, file, done));
  };

  const windows = (file: Arrival, done: () => void): void => {
    const atOnce = new Places(clock, "MAX_CONCURRENCY: windows of one job", system.maxConcurrency);
    let left = file.windows;
    for (let n = 0; n < file.windows; n++) {
      atOnce.take(() =>
        pass(transitionsPerWindow, () =>
          call("infer", file, () => {
            atOnce.give();
            if (--left === 0) done();
          }),
        ),
      );
    }
    if (file.windows === 0) done();
  };

  const job = (file: Arrival, index: number): void => {
    // The transcript is there once merge is done; what follows still takes places.
    const finished = () => {
      latenciesMs[index] = clock.nowMs - file.atMs;
      endMs = Math.max(endMs, clock.nowMs);
      // Polls do not hold the job up; they are counted, and cost.
      totals.apiRequests += Math.ceil((latenciesMs[index] ?? 0) / system.pollMs);
      passTo("index", () => call("index", file, () => passTo("end", () => executions.give())));
    };
    const merge = () => passTo("merge", () => call("merge", file, finished));
    const recognise = () =>
      passTo("windows", () =>
        mapRuns.take(() =>
          windows(file, () => {
            mapRuns.give();
            merge();
          }),
        ),
      );
    const workflow = () =>
      passTo("probe", () => call("probe", file, () => passTo("split", () => call("split", file, recognise))));
    const started = () => starts.take(() => executions.take(() => clock.after(system.startMs, workflow)));
    request("presign", file, () => call("mediaUploaded", file, started));
  };

  for (const [index, file] of arrivals.entries()) clock.after(file.atMs, () => job(file, index));
  clock.run();
  const functions = [...pools.values()];
  return {
    latenciesMs,
    endMs,
    usages: [
      account,
      ...functions.flatMap((each) => each.resources),
      starts,
      transitions,
      mapRuns,
      executions,
      reads,
      writes,
      api,
    ].map((resource) => resource.usage(endMs)),
    calls: Object.fromEntries(functions.map((each) => [each.name, each.totals])),
    ...totals,
  };
}
