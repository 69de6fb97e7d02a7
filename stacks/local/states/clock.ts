import { setTimeout as delay } from "node:timers/promises";

/** Where the interpreter takes time from; tests bring their own. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

/** setTimeout fires at once for longer delays than a signed 32-bit number of milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    // A pause is a pause, whatever becomes of the machine's clock in the meantime.
    const endMs = performance.now() + ms;
    for (;;) {
      signal.throwIfAborted();
      const restMs = endMs - performance.now();
      if (restMs <= 0) return;
      try {
        await delay(Math.min(restMs, longestTimerMs), undefined, { signal });
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    }
  },
};

/** Sleeps until the moment `atMs`, or not at all when it has passed. */
export async function sleepUntil(clock: Clock, atMs: number, signal: AbortSignal): Promise<void> {
  const restMs = atMs - clock.now();
  if (restMs > 0) await clock.sleep(restMs, signal);
  signal.throwIfAborted();
}

/** Calls `expire` after `ms`, unless disposed before. */
export function expireAfter(clock: Clock, ms: number, expire: () => void): Disposable {
  const cancel = new AbortController();
  clock.sleep(Math.max(0, ms), cancel.signal).then(expire, () => {});
  return { [Symbol.dispose]: () => cancel.abort() };
}
