import type { Clock } from "./clock.ts";
import { Bucket, Places, type Resource } from "./resources.ts";
import type { CallCost, SimulatedFunction, System } from "./system.ts";

/** One function's execution environments: reused while warm, started where none waits. */
export class Environments {
  readonly name: SimulatedFunction;
  readonly resources: Resource[];
  readonly totals = { calls: 0, coldStarts: 0, billedMs: 0 };
  readonly #clock: Clock;
  readonly #places: Places;
  readonly #scaling: Bucket;
  readonly #idleMs: number;
  /** When each waiting environment became idle, the latest last: that one is used next. */
  readonly #idleSince: number[] = [];

  constructor(clock: Clock, name: SimulatedFunction, system: System) {
    this.name = name;
    this.#clock = clock;
    this.#idleMs = system.idleMs;
    this.#places = new Places(clock, `Lambda: ${name} at once (reserved concurrency)`, system.concurrency(name));
    const perTenSeconds = system.scalingPerTenSeconds;
    this.#scaling = new Bucket(clock, `Lambda: new environments of ${name}`, perTenSeconds / 10, perTenSeconds);
    this.resources = [this.#places, this.#scaling];
  }

  /** @param requests what the call has to wait for while it runs, S3's limits */
  run(account: Places, cost: CallCost, requests: (finish: () => void) => void, done: () => void): void {
    this.#places.take(() =>
      account.take(() => {
        this.totals.calls++;
        const startedMs = this.#clock.nowMs;
        const work = () =>
          this.#clock.after(cost.ms, () =>
            requests(() => {
              this.totals.billedMs += this.#clock.nowMs - startedMs;
              this.#idleSince.push(this.#clock.nowMs);
              account.give();
              this.#places.give();
              done();
            }),
          );
        if (this.#warm()) return work();
        this.totals.coldStarts++;
        this.#scaling.take(() => this.#clock.after(cost.coldMs, work));
      }),
    );
  }

  #warm(): boolean {
    const since = this.#idleSince.pop();
    if (since !== undefined && this.#clock.nowMs - since <= this.#idleMs) return true;
    // The latest is too old, so all of them are.
    this.#idleSince.length = 0;
    return false;
  }
}
