import { buckets } from "./buckets.ts";
import type { FunctionName } from "./function-spec.ts";

/** A function that the clock invokes. */
export type Schedule = { name: string; function: FunctionName; everyMinutes: number };

export const schedules: readonly Schedule[] = [
  // S3 delivers an event at least once, but an event that no function could take is gone.
  { name: "sweep", function: "sweep", everyMinutes: 60 },
];

/** Which function hears of executions that did not succeed: no Catch sees a time-out or a stop. */
export const executionEnds = {
  function: "executionEnded",
  statuses: ["FAILED", "TIMED_OUT", "ABORTED"],
} as const satisfies { function: FunctionName; statuses: readonly string[] };

/** Functions whose caller does not wait for them: what they cannot do after their retries must not be lost. */
export const asynchronousFunctions: readonly FunctionName[] = [
  ...buckets.flatMap(({ notify }) => (notify ? [notify.function] : [])),
  ...schedules.map((schedule) => schedule.function),
  executionEnds.function,
];

/** How long the authorizer's answer for a token and a route holds: a key that is revoked opens for this long at most. */
export const authorizerCacheSeconds = 60;
