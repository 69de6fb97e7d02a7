import type { Clock } from "./clock.ts";

/** What a limited thing did in a simulation. */
export type Usage = {
  name: string;
  limit: number;
  /** Share of what it could have given over the time that was looked at. */
  utilisation: number;
  /** The busiest moment: places taken, or requests in the busiest second. */
  peak: number;
  /** How often someone had to wait, and for how long all of them together. */
  waits: number;
  waitedMs: number;
};

/** Something that has to be had before work goes on. */
export type Resource = {
  /** Calls `granted` as soon as there is one, which may be now. */
  take(granted: () => void): void;
  usage(untilMs: number): Usage;
};

/** Places that are taken and given back, first come, first served. */
export class Places implements Resource {
  readonly name: string;
  readonly limit: number;
  readonly #clock: Clock;
  readonly #line: { sinceMs: number; granted(): void }[] = [];
  #head = 0;
  #taken = 0;
  #peak = 0;
  #waits = 0;
  #waitedMs = 0;
  #busyMs = 0;
  #lastMs = 0;

  constructor(clock: Clock, name: string, limit: number) {
    this.#clock = clock;
    this.name = name;
    this.limit = limit;
  }

  take(granted: () => void): void {
    if (this.#taken < this.limit) {
      this.#change(1);
      granted();
    } else this.#line.push({ sinceMs: this.#clock.nowMs, granted });
  }

  give(): void {
    this.#change(-1);
    const next = this.#line[this.#head];
    if (!next) return;
    this.#head++;
    if (this.#head === this.#line.length || this.#head > 4096) {
      this.#line.splice(0, this.#head);
      this.#head = 0;
    }
    this.#waits++;
    this.#waitedMs += this.#clock.nowMs - next.sinceMs;
    this.#change(1);
    next.granted();
  }

  usage(untilMs: number): Usage {
    const { name, limit } = this;
    const utilisation = this.#busyMs / (limit * Math.max(1, untilMs));
    return { name, limit, utilisation, peak: this.#peak, waits: this.#waits, waitedMs: this.#waitedMs };
  }

  #change(by: 1 | -1): void {
    this.#busyMs += this.#taken * (this.#clock.nowMs - this.#lastMs);
    this.#lastMs = this.#clock.nowMs;
    this.#taken += by;
    this.#peak = Math.max(this.#peak, this.#taken);
  }
}

/**
 * A rate with a bucket for bursts, as AWS throttles. Who finds the bucket empty waits in line for the next token; the services
 * answer with an error instead, and the SDKs and Step Functions try again, which comes to the same within their back-off.
 */
export class Bucket implements Resource {
  readonly name: string;
  readonly limit: number;
  readonly #clock: Clock;
  readonly #size: number;
  readonly #perSecond: number;
  #tokens: number;
  #lastMs = 0;
  #taken = 0;
  #waits = 0;
  #waitedMs = 0;
  #second = 0;
  #inSecond = 0;
  #peak = 0;

  constructor(clock: Clock, name: string, perSecond: number, size: number) {
    this.#clock = clock;
    this.name = name;
    this.limit = perSecond;
    this.#perSecond = perSecond;
    this.#size = size;
    this.#tokens = size;
  }

  take(granted: () => void): void {
    this.spend(1, granted);
  }

  /** @param count requests that are made one after the other, at about the same time */
  spend(count: number, granted: () => void): void {
    const { nowMs } = this.#clock;
    this.#tokens = Math.min(this.#size, this.#tokens + ((nowMs - this.#lastMs) / 1000) * this.#perSecond);
    this.#lastMs = nowMs;
    this.#tokens -= count;
    this.#taken += count;
    this.#count(count, nowMs);
    if (this.#tokens >= 0) {
      granted();
      return;
    }
    // Below zero stands for the line: whoever comes later owes more, and waits longer.
    const delayMs = (-this.#tokens / this.#perSecond) * 1000;
    this.#waits++;
    this.#waitedMs += delayMs;
    this.#clock.after(delayMs, granted);
  }

  usage(untilMs: number): Usage {
    const utilisation = this.#taken / ((this.#perSecond * Math.max(1, untilMs)) / 1000);
    const { name, limit } = this;
    return { name, limit, utilisation, peak: this.#peak, waits: this.#waits, waitedMs: this.#waitedMs };
  }

  #count(count: number, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    this.#inSecond += count;
    this.#peak = Math.max(this.#peak, this.#inSecond);
  }
}
