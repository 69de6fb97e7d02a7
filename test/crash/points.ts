import { withoutIds } from "./evidence.ts";
import type { Fault } from "./faults/plan.ts";
import type { RunResult, Scenario } from "./run.ts";

/** One place at which something is killed. */
export type Point = {
  scenario: Scenario;
  victim: "host" | "function";
  fault: Fault;
  /** What the run without a fault did at this number; the run with it may have been elsewhere. */
  expected: string;
};

/**
 * Every point of a run: before each step, with half of each write done, and after each step that makes something last or visible; for
 * functions, before each request is sent and after its answer came.
 */
export function pointsOf(scenario: Scenario, { hostSteps, functionSteps }: RunResult): Point[] {
  const points: Point[] = [];
  for (const [index, step] of hostSteps.entries()) {
    const add = (how: Fault["how"]) =>
      points.push({ scenario, victim: "host", fault: { at: index + 1, how }, expected: step });
    add("before");
    if (step.startsWith("write ")) add("torn");
    if (/^(rename|remove|link|sync) /.test(step)) add("after");
  }
  for (const [index, step] of functionSteps.entries()) {
    for (const how of ["before", "after"] as const) {
      points.push({ scenario, victim: "function", fault: { at: index + 1, how }, expected: step });
    }
  }
  return points;
}

/** What kind of place a step is, for people: rows of the table. */
export function placeOf(step: string): string {
  const [kind = "", ...rest] = step.split(" ");
  const path = rest.join(" ");
  if (/^[A-Z]+$/.test(rest[0] ?? "")) return `function ${kind}`;
  const where = /^s3\/buckets\/[^/]+\/data/.test(path)
    ? "an object's bytes"
    : /^s3\/buckets\/[^/]+\/(tmp|objects)/.test(path)
      ? "an object's metadata"
      : /^s3\/buckets\/[^/]+\/uploads/.test(path)
        ? "a multipart upload"
        : path.startsWith("s3")
          ? "the buckets themselves"
          : path.startsWith("states/executions")
            ? "an execution's journal"
            : path.startsWith("states")
              ? "the index of executions"
              : path.startsWith("lambda")
                ? "the record of an environment"
                : `the host's own files`;
  return `host ${where}, ${kind}`;
}

/** A seeded choice of at most `count`, spread over all: one from each of as many equal stretches. */
export function spread<T>(all: readonly T[], count: number, seed: number): T[] {
  if (count >= all.length) return [...all];
  let state = seed >>> 0 || 1;
  const random = () => {
    // Xorshift, Marsaglia 2003.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const width = all.length / count;
  return Array.from({ length: count }, (_, n) => all[Math.min(all.length - 1, Math.floor((n + random()) * width))]!);
}

export const labelOf = ({ scenario, victim, fault, expected }: Point) =>
  `${scenario} ${victim} ${fault.how} ${fault.at} (${withoutIds(expected)})`;
