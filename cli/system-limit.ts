import { readSettings } from "../layers/core/index.ts";
import { enterSystemLimit, type SystemLimit, systemSizing } from "../stacks/local/system/index.ts";

/** Carries what was set up across the execve below. */
const variable = "HALFGIG_SYSTEM_LIMIT";

/**
 * Puts this process under one limit with everything that it will start. Where a control group was made for it, the program
 * begins anew inside of it, because memory that it has by now is charged elsewhere.
 * @throws MediaError `memory.plan_does_not_fit`, before anything else is done
 */
export function beginUnderLimit(limitMB: number): SystemLimit {
  const carried = process.env[variable];
  if (carried !== undefined) {
    delete process.env[variable];
    return JSON.parse(carried) as SystemLimit;
  }
  systemSizing(limitMB, readSettings(process.env));
  const limit = enterSystemLimit(limitMB);
  if (limit.folders.length === 0 || !process.execve) return limit;
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    [variable]: JSON.stringify(limit),
  });
  return limit;
}
