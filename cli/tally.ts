import type { InvocationReport } from "../stacks/local/lambda/index.ts";

export type FunctionTotals = {
  functionName: string;
  invocations: number;
  coldStarts: number;
  /** Starting up included: that is what Lambda bills. */
  durationMs: number;
  peakRssMiB: number;
  memoryMB: number;
  failures: number;
  /** Invocations in which memory went over the watermark. */
  sheds: number;
  /** Models released, by reason. */
  evictions: Record<string, number>;
};

/** Names of the functions' metrics, and what people read. */
const evictionReasons = {
  EvictionsForRoom: "room",
  EvictionsByWatermark: "watermark",
  EvictionsAsked: "asked",
};

/** Adds up invocation reports by function, in order of first use. */
export class Tally {
  readonly #totals = new Map<string, FunctionTotals>();

  add(report: InvocationReport): void {
    const totals = this.#totals.get(report.functionName) ?? {
      functionName: report.functionName,
      invocations: 0,
      coldStarts: 0,
      durationMs: 0,
      peakRssMiB: 0,
      memoryMB: report.memoryMB,
      failures: 0,
      sheds: 0,
      evictions: {},
    };
    totals.invocations++;
    totals.coldStarts += report.coldStart ? 1 : 0;
    totals.durationMs += report.initMs + report.durationMs;
    totals.peakRssMiB = Math.max(totals.peakRssMiB, report.peakRssMiB);
    totals.sheds += report.metrics?.Sheds ?? 0;
    for (const [metric, reason] of Object.entries(evictionReasons)) {
      const count = report.metrics?.[metric] ?? 0;
      if (count > 0) totals.evictions[reason] = (totals.evictions[reason] ?? 0) + count;
    }
    totals.failures += report.outcome === "ok" ? 0 : 1;
    this.#totals.set(report.functionName, totals);
  }

  get functions(): FunctionTotals[] {
    return [...this.#totals.values()];
  }
}
