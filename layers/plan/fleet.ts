import { longestExecutionSeconds } from "../workflow/execution-limit.ts";
import { type CostLine, costOf, dollarsOf } from "./cost.ts";
import { awsSystem, type PlanChoices, requireFit } from "./job.ts";
import type { Architecture } from "./prices.ts";
import { dayOfArrivals, type Pattern, type Simulation, type System, simulate, type Usage } from "./simulate/index.ts";

export type Latencies = { p50: number; p95: number; p99: number };

export type FleetPlan = {
  hoursPerDay: number;
  files: number;
  windows: number;
  pattern: Pattern;
  seed: number;
  maxConcurrency: number;
  /** From arrival to transcript, ms. */
  latencyMs: Latencies;
  /** Until the last file of the day is done, from the day's beginning, ms: past 24 hours the service falls behind. */
  endMs: number;
  /** Files that would take longer than an execution may: their jobs fail. */
  overdue: number;
  usages: Usage[];
  /** What jobs wait for first, and how much of their latency is due to it; absent where nothing runs short. */
  bottleneck?: { name: string; limit: number; utilisation: number; causesMs: Latencies };
  monthly: CostLine[];
  dollarsPerMonth: number;
  dollarsPerAudioHour: number;
};

const daysPerMonth = 30.4;
/** Less than this in a job's mean latency is no bottleneck. */
const noticedMs = 50;

/**
 * A day of so many hours of audio against AWS's quotas and this deployment's own bounds.
 * @throws MediaError `memory.plan_does_not_fit`; `request.invalid` for a model without measurements
 */
export function planFleet(
  options: { hoursPerDay: number; pattern: Pattern; seed: number; maxConcurrency: number; architecture: Architecture },
  choices: PlanChoices,
): FleetPlan {
  requireFit(choices);
  const { hoursPerDay, pattern, seed, maxConcurrency, architecture } = options;
  const arrivals = dayOfArrivals(hoursPerDay, pattern, seed);
  const system = awsSystem(choices, maxConcurrency);
  const simulation = simulate(arrivals, system);
  const latencyMs = latenciesOf(simulation);
  const day = costOf(simulation, arrivals, { inferMB: choices.memoryMB, architecture });
  const monthly = day.map((line) => ({
    ...line,
    amount: line.amount * daysPerMonth,
    dollars: line.dollars * daysPerMonth,
  }));
  const audioHours = arrivals.reduce((sum, { durationMs }) => sum + durationMs, 0) / 3_600_000;
  const first = [...simulation.usages].sort((a, b) => b.waitedMs - a.waitedMs)[0];
  const waits = first !== undefined && first.waitedMs / arrivals.length > noticedMs;
  return {
    ...{ hoursPerDay, files: arrivals.length, pattern, seed, maxConcurrency, latencyMs, endMs: simulation.endMs },
    windows: arrivals.reduce((sum, { windows }) => sum + windows, 0),
    overdue: simulation.latenciesMs.filter((ms) => ms > longestExecutionSeconds * 1000).length,
    usages: simulation.usages,
    ...(waits
      ? {
          bottleneck: {
            ...{ name: first.name, limit: first.limit, utilisation: first.utilisation },
            causesMs: less(latencyMs, latenciesOf(simulate(arrivals, without(first.name, system)))),
          },
        }
      : {}),
    monthly,
    dollarsPerMonth: dollarsOf(monthly),
    dollarsPerAudioHour: dollarsOf(day) / audioHours,
  };
}

/** The same system where one thing never runs short: what is quicker then was due to it. */
function without(name: string, system: System): System {
  const most = Number.POSITIVE_INFINITY;
  const own = /^Lambda: (\w+) at once/.exec(name)?.[1];
  if (own) return { ...system, concurrency: (each) => (each === own ? most : system.concurrency(each)) };
  const endless = { perSecond: 1e12, bucket: 1e12 };
  const lifted: [RegExp, Partial<System>][] = [
    [/^Lambda: concurrent/, { accountConcurrency: most }],
    [/^Lambda: new/, { scalingPerTenSeconds: 1e12 }],
    [/StartExecution/, { starts: endless }],
    [/transitions/, { transitions: endless }],
    [/map runs/, { openMapRuns: most }],
    [/open executions/, { openExecutions: most }],
    [/^S3/, { s3: { readsPerSecond: 1e12, writesPerSecond: 1e12 } }],
    [/^API/, { api: endless }],
  ];
  return { ...system, ...lifted.find(([pattern]) => pattern.test(name))?.[1] };
}

export function latenciesOf({ latenciesMs }: Pick<Simulation, "latenciesMs">): Latencies {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

const less = (a: Latencies, b: Latencies): Latencies => ({
  p50: Math.max(0, a.p50 - b.p50),
  p95: Math.max(0, a.p95 - b.p95),
  p99: Math.max(0, a.p99 - b.p99),
});
