import { costOf, dollarsOf } from "./cost.ts";
import { awsSystem, functionMB, inferNeedMiB, modelCosts, type PlanChoices, requireFit, tiers } from "./job.ts";
import { quotas } from "./limits.ts";
import { steps, stretch, windowsIn } from "./measured.ts";
import { type Architecture, prices } from "./prices.ts";
import { type Arrival, simulate } from "./simulate/index.ts";

export type JobPlan = {
  durationMs: number;
  windows: number;
  basis: "measured" | "scaled";
  /** Largest memory of each function, and its allocation. */
  memory: { function: string; needMiB: number; allocationMB: number }[];
  /** From upload to transcript on AWS, by windows at once, all functions started cold. */
  wallTimes: { concurrency: number; ms: number }[];
  /** On AWS by infer's tier; null where the model does not fit. */
  tiers: { memoryMB: number; dollarsPerAudioHour: number | null; ms: number | null }[];
  others: { name: string; dollarsPerAudioHour: number; basis: string }[];
  /** Step Functions' hard limits that this job comes near to. */
  limits: { name: string; used: number; limit: number }[];
};

const concurrencies = [1, 2, 4, 8, 16, 32] as const;

/**
 * What one file takes, without running it.
 * @throws MediaError `memory.plan_does_not_fit`; `request.invalid` for a model without measurements
 */
export function planJob(durationMs: number, choices: PlanChoices, architecture: Architecture): JobPlan {
  requireFit(choices);
  // The sequential loop has no windows side by side: one slice after the other, in one function.
  const windows = windowsIn(durationMs);
  const file: Arrival = { atMs: 0, durationMs, windows };
  const atOnce = choices.mode === "exact" ? [1] : concurrencies.filter((each) => each === 1 || each <= windows);
  const run = (memoryMB: number, concurrency: number) => {
    const simulation = simulate([file], awsSystem({ ...choices, memoryMB }, concurrency));
    return { simulation, ms: simulation.latenciesMs[0] ?? 0 };
  };
  const audioHours = durationMs / 3_600_000;
  const needMiB = inferNeedMiB(choices);
  return {
    durationMs,
    windows,
    basis: modelCosts(choices.model).basis,
    memory: [
      { function: "infer", needMiB, allocationMB: choices.memoryMB },
      ...Object.entries(steps).map(([name, { peakMiB }]) => ({
        ...{ function: name, needMiB: peakMiB, allocationMB: functionMB },
      })),
    ],
    wallTimes: atOnce.map((concurrency) => ({ concurrency, ms: run(choices.memoryMB, concurrency).ms })),
    tiers: tiers.map((memoryMB) => {
      if (memoryMB < inferNeedMiB({ ...choices, memoryMB })) return { memoryMB, dollarsPerAudioHour: null, ms: null };
      const { simulation, ms } = run(memoryMB, choices.mode === "exact" ? 1 : 20);
      const lines = costOf(simulation, [file], { inferMB: memoryMB, architecture });
      return { memoryMB, dollarsPerAudioHour: dollarsOf(lines) / audioHours, ms };
    }),
    others: Object.entries(prices.others).map(([name, { perAudioHour, basis }]) => ({
      ...{ name, dollarsPerAudioHour: perAudioHour, basis },
    })),
    limits: [
      // A distributed Map's children have histories of their own; the parent's grows with its states alone.
      { name: "events in the execution's history", used: 60, limit: quotas.historyEvents.value },
      { name: "children of the Map", used: windows, limit: quotas.mapChildren.value },
      {
        name: "seconds of split, of Lambda's 900",
        used: Math.round(
          ((steps.split.fixedMs + steps.split.perAudioSecondMs * (durationMs / 1000)) * stretch(functionMB)) / 1000,
        ),
        limit: 900,
      },
    ],
  };
}
