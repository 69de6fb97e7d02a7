import type { LambdaHost } from "../lambda/index.ts";
import type { SystemLimit } from "./limit.ts";
import { treeMemoryMiB } from "./memory.ts";

const intervalMs = 250;

/**
 * Follows the memory of the whole service. Where the kernel does not enforce its limit, the function that has most is ended
 * when the service is over it, as the kernel would.
 */
export class SystemWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  readonly #limit: SystemLimit;
  readonly #lambda: Pick<LambdaHost, "endLargest">;
  #usedMiB = 0;
  #peakMiB = 0;

  constructor(limit: SystemLimit, lambda: Pick<LambdaHost, "endLargest">) {
    this.#limit = limit;
    this.#lambda = lambda;
    this.#timer = setInterval(() => this.read(), intervalMs);
    this.#timer.unref();
  }

  get usedMiB(): number {
    return this.#usedMiB;
  }

  get peakMiB(): number {
    return this.#peakMiB;
  }

  /** Takes a reading now. */
  read(): void {
    this.#usedMiB = treeMemoryMiB(process.pid);
    this.#peakMiB = Math.max(this.#peakMiB, this.#usedMiB);
    if (this.#limit.kind === "watch" && this.#usedMiB > this.#limit.limitMB)
      this.#lambda.endLargest(`The service as a whole was above its ${this.#limit.limitMB} MB`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
