import { MemoryBudget } from "./budget.ts";
import { type Tier, tierOf } from "./tiers.ts";

/** The smallest allocation that Lambda gives. */
const leastLambdaMiB = 128;

/**
 * What a function's process holds without any model: Node (57 MiB of which are its code), the bundle with its SDK clients, onnxruntime,
 * one window's audio.
 */
export const processReserveMiB = 96;

/** The function's own allocation; outside a function Lambda's default here. */
export const allocationMiB = () => Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 512);

export const processTier = (): Tier => tierOf(allocationMiB());

let budget: MemoryBudget | undefined;

/**
 * The budget of this process, one for all models: whoever loads a model takes it from here. Its allocation is the function's own
 * (AWS_LAMBDA_FUNCTION_MEMORY_SIZE); outside a function it is Lambda's default here, 512 MiB.
 */
export function processBudget(): MemoryBudget {
  budget ??= budgetOfAllocation(allocationMiB());
  return budget;
}

/**
 * Below the smallest allocation that Lambda knows nothing is refused in advance: such a limit is set to see what it does to a
 * function that goes over it.
 */
export function budgetOfAllocation(allocationMiB: number): MemoryBudget {
  const { mostResidents } = tierOf(allocationMiB);
  if (allocationMiB < leastLambdaMiB)
    return new MemoryBudget({ allocationMiB: Number.POSITIVE_INFINITY, reserveMiB: 0 });
  return new MemoryBudget({
    allocationMiB,
    reserveMiB: processReserveMiB,
    mostResidents,
    afterRelease: collectGarbage,
  });
}

/**
 * What a released model's windows left on the heap counts against the next one until V8 collects it, which it has no reason to do soon:
 * it does not know of the model's memory. Functions that load models run with --expose-gc; elsewhere nothing happens.
 */
function collectGarbage(): void {
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}
