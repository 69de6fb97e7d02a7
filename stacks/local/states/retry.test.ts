import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatesError } from "./errors.ts";
import { decideRetry, matchesError, retryDelayMs } from "./retry.ts";

describe("matchesError", () => {
  it.each([
    ["MyError", "MyError", "Task", true],
    ["MyError", "Other", "Task", false],
    ["States.ALL", "MyError", "Map", true],
    ["States.ALL", "States.Timeout", "Task", true],
    ["States.ALL", "States.DataLimitExceeded", "Task", false],
    ["States.DataLimitExceeded", "States.DataLimitExceeded", "Task", true],
    ["States.ALL", "States.Runtime", "Task", false],
    ["States.Runtime", "States.Runtime", "Task", false],
    ["States.TaskFailed", "MyError", "Task", true],
    ["States.TaskFailed", "MyError", "Parallel", false],
    ["States.TaskFailed", "States.Timeout", "Task", false],
    ["States.Timeout", "States.HeartbeatTimeout", "Task", true],
    ["States.HeartbeatTimeout", "States.Timeout", "Task", false],
  ])("%s and %s of a %s: %s", (pattern, error, type, matches) => {
    expect(matchesError([pattern], error, type)).toBe(matches);
  });
});

describe("retryDelayMs", () => {
  it.each([
    [{}, 0, 1000],
    [{}, 2, 4000],
    [{ IntervalSeconds: 3, BackoffRate: 1.5 }, 2, 6750],
    [{ IntervalSeconds: 3, BackoffRate: 10, MaxDelaySeconds: 20 }, 5, 20_000],
    [{ IntervalSeconds: 4, JitterStrategy: "FULL" as const }, 0, 1000],
  ])("%j, attempt %i: %i ms", (retrier, attempt, ms) => {
    expect(retryDelayMs({ ErrorEquals: ["E"], ...retrier }, attempt, () => 0.25)).toBe(ms);
  });
});

it("no retrier is used more often than it allows", () => {
  const retrier = fc.record({
    ErrorEquals: fc.array(fc.constantFrom("A", "B", "States.ALL"), { minLength: 1, maxLength: 2 }),
    MaxAttempts: fc.nat(4),
  });
  fc.assert(
    fc.property(
      fc.array(retrier, { maxLength: 3 }),
      fc.array(fc.constantFrom("A", "B", "C"), { maxLength: 30 }),
      (rules, errors) => {
        let counts = { perRetrier: [] as number[], total: 0 };
        for (const error of errors) {
          const decision = decideRetry(rules, new StatesError(error, ""), "Task", counts);
          if (!decision) break;
          counts = decision.counts;
        }
        expect(counts.total).toBe(counts.perRetrier.reduce((sum, used) => sum + used, 0));
        expect(counts.perRetrier.every((used, index) => used <= rules[index]!.MaxAttempts)).toBe(true);
      },
    ),
  );
});
