import { describe, expect, it } from "vitest";
import { longestExecutionSeconds } from "../../layers/workflow/execution-limit.ts";
import { buckets } from "./buckets.ts";
import { mediaWorkflow } from "./workflow.ts";

type Retry = { ErrorEquals: string[]; MaxAttempts: number; IntervalSeconds: number } & {
  BackoffRate?: number;
  MaxDelaySeconds?: number;
};
type State = { Type: string; Retry?: Retry[]; ItemProcessor?: { States: Record<string, State> } };

const definition = mediaWorkflow({ functionArn: (name) => name, resultsBucket: "results", maxConcurrency: 20 });
const flat = (states: Record<string, State>): [string, State][] =>
  Object.entries(states).flatMap(([name, state]) => [
    [name, state],
    ...(state.ItemProcessor ? flat(state.ItemProcessor.States) : []),
  ]);
const tasks = flat(definition.States as Record<string, State>).filter(([, { Type }]) => Type === "Task");

/** What the pauses of FULL jitter add up to on average: half of each. */
function patienceSeconds({ MaxAttempts, IntervalSeconds, BackoffRate = 2, MaxDelaySeconds = Infinity }: Retry): number {
  let sum = 0;
  for (let attempt = 0; attempt < MaxAttempts; attempt++)
    sum += Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds) / 2;
  return sum;
}

describe("a job that waits for others", () => {
  it("has as long as its own objects are kept, and no longer", () => {
    const kept = buckets.flatMap(({ expire }) => expire).find(({ prefix }) => prefix === "work/");
    expect(definition.TimeoutSeconds).toBe(longestExecutionSeconds);
    expect(longestExecutionSeconds).toBeLessThan((kept?.days ?? 0) * 24 * 3600);
    expect(longestExecutionSeconds).toBeGreaterThan(24 * 3600);
  });

  it.each(tasks)(
    "%s asks for a place at Lambda for as long, and stays below 25,000 events",
    (_name, { Retry = [] }) => {
      const crowded = Retry.find(({ ErrorEquals }) => ErrorEquals.includes("Lambda.TooManyRequestsException"));
      expect(patienceSeconds(crowded!)).toBeGreaterThan(longestExecutionSeconds);
      // Scheduled, started, failed.
      expect(3 * crowded!.MaxAttempts).toBeLessThan(25_000);
    },
  );
});
