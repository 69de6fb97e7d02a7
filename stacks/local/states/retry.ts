import type { Catcher, Retrier } from "./definition/types.ts";
import type { StatesError } from "./errors.ts";

/** How often each retrier of a state has been used since the state was entered, and how often any of them. */
export type RetryCounts = { perRetrier: number[]; total: number };

/** `States.ALL` stops short of these: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const beyondWildcards = new Set(["States.DataLimitExceeded", "States.Runtime"]);
const timeouts = new Set(["States.Timeout", "States.HeartbeatTimeout"]);

/** Whether a Retry or Catch entry names this error. */
export function matchesError(errorEquals: readonly string[], error: string | undefined, stateType: string): boolean {
  const name = error ?? "";
  // "A States.Runtime error isn't retriable, and will always cause the execution to fail."
  if (name === "States.Runtime") return false;
  return errorEquals.some((pattern) => {
    if (pattern === name) return true;
    if (pattern === "States.ALL") return !beyondWildcards.has(name);
    // A missed heartbeat is a timeout too.
    if (pattern === "States.Timeout") return timeouts.has(name);
    if (pattern === "States.TaskFailed")
      return stateType === "Task" && !timeouts.has(name) && !beyondWildcards.has(name);
    return false;
  });
}

/** How long before the `attempt`-th retry (from 0), in ms. */
export function retryDelayMs(retrier: Retrier, attempt: number, random: () => number = Math.random): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY, JitterStrategy } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds);
  return Math.round(seconds * 1000 * (JitterStrategy === "FULL" ? random() : 1));
}

/**
 * What Retry says to an error: how long to wait and the new counts, or `undefined` when it does not apply. The first
 * retrier that names the error decides, even when it is used up.
 */
export function decideRetry(
  retriers: readonly Retrier[] | undefined,
  failure: StatesError,
  stateType: string,
  counts: RetryCounts,
): { delayMs: number; counts: RetryCounts } | undefined {
  const index = retriers?.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, failure.error, stateType)) ?? -1;
  const retrier = retriers?.[index];
  if (!retrier) return undefined;
  const used = counts.perRetrier[index] ?? 0;
  if (used >= (retrier.MaxAttempts ?? 3)) return undefined;
  const perRetrier = Array.from({ length: Math.max(counts.perRetrier.length, index + 1) }, (_, at) =>
    at === index ? used + 1 : (counts.perRetrier[at] ?? 0),
  );
  return { delayMs: retryDelayMs(retrier, used), counts: { perRetrier, total: counts.total + 1 } };
}

export function findCatcher(
  catchers: readonly Catcher[] | undefined,
  failure: StatesError,
  stateType: string,
): Catcher | undefined {
  return catchers?.find(({ ErrorEquals }) => matchesError(ErrorEquals, failure.error, stateType));
}
