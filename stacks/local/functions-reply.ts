import type { FunctionName, FunctionSpec } from "../app/index.ts";
import type { InvocationReport, LambdaHost } from "./lambda/index.ts";

/** What one function took so far, against what it may take. Sizes are MiB. */
export type FunctionUse = {
  name: string;
  allocationMiB: number;
  /** The largest of this start of the host; null where it has not run. */
  peakMiB: number | null;
  invocations: number;
  coldStarts: number;
  failures: number;
  /** At this moment. */
  environments: number;
  waiting: number;
};

type Count = Pick<FunctionUse, "peakMiB" | "invocations" | "coldStarts" | "failures">;

/** Keeps what invocations report, for `GET /v1/functions`: which only a host that sees every process can answer. */
export class FunctionUses {
  readonly #counts = new Map<string, Count>();

  count(report: InvocationReport): void {
    const { functionName, peakRssMiB, coldStart, outcome } = report;
    const count = this.#counts.get(functionName) ?? { peakMiB: null, invocations: 0, coldStarts: 0, failures: 0 };
    count.peakMiB = Math.max(count.peakMiB ?? 0, Math.ceil(peakRssMiB));
    count.invocations++;
    if (coldStart) count.coldStarts++;
    if (outcome !== "ok") count.failures++;
    this.#counts.set(functionName, count);
  }

  reply(specs: Record<FunctionName, FunctionSpec>, lambda: Pick<LambdaHost, "status" | "describe">) {
    const pools = lambda.status();
    const functions = Object.keys(specs).map((name): FunctionUse => {
      const count = this.#counts.get(name) ?? { peakMiB: null, invocations: 0, coldStarts: 0, failures: 0 };
      const { environments = 0, queued: waiting = 0 } = pools[name] ?? {};
      return { name, allocationMiB: lambda.describe(name).memoryMB, ...count, environments, waiting };
    });
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    return { statusCode: 200, headers, body: JSON.stringify({ functions }) };
  }
}
