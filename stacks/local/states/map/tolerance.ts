import type { MapState } from "../definition/types.ts";
import type { Step } from "../step.ts";

/** How many failed items a distributed Map puts up with. With a count and a percentage, both must hold. */
export class Tolerance {
  readonly #count: number | undefined;
  readonly #percentage: number | undefined;

  constructor(count: number | undefined, percentage: number | undefined) {
    this.#percentage = percentage;
    this.#count = count ?? (percentage === undefined ? 0 : undefined);
  }

  static async of(step: Step<MapState>): Promise<Tolerance> {
    const { ToleratedFailureCount: count, ToleratedFailurePercentage: percentage } = step.state;
    return new Tolerance(
      count === undefined ? undefined : await step.number("ToleratedFailureCount", count, 0),
      percentage === undefined ? undefined : await step.number("ToleratedFailurePercentage", percentage, 0),
    );
  }

  /** `itemCount` is `undefined` as long as items are still being read: a percentage cannot be judged before. */
  isExceeded(failedItemCount: number, itemCount: number | undefined): boolean {
    if (this.#count !== undefined && failedItemCount > this.#count) return true;
    if (this.#percentage === undefined || itemCount === undefined) return false;
    return failedItemCount * 100 > this.#percentage * itemCount;
  }
}
