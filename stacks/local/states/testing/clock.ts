import type { Clock } from "../clock.ts";

type Timer = { atMs: number; wake(): void };

/**
 * A clock that stands still while anything happens and jumps to the next timer when nothing does. `isBusy` tells it
 * about work that it cannot see.
 */
export class TestClock implements Clock {
  #nowMs: number;
  #timers: Timer[] = [];
  #jumping = false;
  isBusy: () => boolean = () => false;

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const timer = { atMs: this.#nowMs + ms, wake: resolve };
      const abort = () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(signal.reason);
      };
      timer.wake = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#timers.push(timer);
      if (!this.#jumping) void this.#jump();
    });
  }

  async #jump(): Promise<void> {
    this.#jumping = true;
    while (this.#timers.length > 0) {
      // Some turns of the event loop for whatever a timer set in motion, file writes included.
      for (let turn = 0; turn < 20 || this.isBusy(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const next = this.#timers.reduce<Timer | undefined>((a, b) => (a && a.atMs <= b.atMs ? a : b), undefined);
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#jumping = false;
  }
}
