import { functionMB } from "./job.ts";
import { type Architecture, prices } from "./prices.ts";
import type { Arrival, Simulation } from "./simulate/index.ts";

export type CostLine = { what: string; amount: number; unit: string; dollars: number };

/** Stored for as long as the buckets' rules say: uploads seven days, work objects until the job ends. */
const uploadDays = 7;
/** A megabyte for each minute of media: video of a conference; audio alone takes less. */
const uploadMBPerMinute = 1;

/** What AWS asks for a simulation's work: calls, transitions, requests and storage. */
export function costOf(
  simulation: Simulation,
  arrivals: readonly Arrival[],
  options: { inferMB: number; architecture: Architecture },
): CostLine[] {
  const { lambda, stepFunctions, s3, apiGateway } = prices;
  const names = Object.keys(simulation.calls);
  const gbSeconds = (name: string) =>
    ((simulation.calls[name]?.billedMs ?? 0) / 1000) * ((name === "infer" ? options.inferMB : functionMB) / 1024);
  const infer = gbSeconds("infer");
  const others = names.reduce((sum, name) => sum + gbSeconds(name), 0) - infer;
  const calls = names.reduce((sum, name) => sum + (simulation.calls[name]?.calls ?? 0), 0) + simulation.apiRequests;
  const rate = lambda.perGBSecond[options.architecture];
  const minutes = arrivals.reduce((sum, { durationMs }) => sum + durationMs, 0) / 60_000;
  const storedGBMonths = ((minutes * uploadMBPerMinute) / 1024) * (uploadDays / 30.4);
  const line = (what: string, amount: number, unit: string, price: number): CostLine => ({
    ...{ what, amount, unit, dollars: amount * price },
  });
  return [
    line("Lambda: infer", infer, "GB-s", rate),
    line("Lambda: other functions", others, "GB-s", rate),
    line("Lambda: requests", calls, "calls", lambda.perRequest),
    line("Step Functions", simulation.transitions, "transitions", stepFunctions.perStateTransition),
    line("S3: writes", simulation.writes, "requests", s3.perWrite),
    line("S3: reads", simulation.reads, "requests", s3.perRead),
    line(`S3: uploads kept ${uploadDays} days`, storedGBMonths, "GB-months", s3.perGBMonth),
    line("API Gateway", simulation.apiRequests, "requests", apiGateway.perRequest),
  ];
}

export const dollarsOf = (lines: readonly CostLine[]) => lines.reduce((sum, { dollars }) => sum + dollars, 0);
