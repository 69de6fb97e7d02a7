import type { MemorySample } from "./limiter.ts";

export type ThrashSample = MemorySample & {
  timeMs: number /** User-mode CPU seconds of the group so far. */;
  userSeconds: number;
};

/** How long all signs must hold together. */
const windowMs = 2000;
const usageShare = 0.97;
/** Thrashing node processes show 90 to 300 major faults a second; a healthy one shows none after its start. */
const minMajorFaultsPerSecond = 30;
/** A process that gets this share of a core in user mode is making progress, however slowly. */
const maxUserShare = 0.25;

/**
 * Recognises a group that is stuck at its limit. Just there the kernel keeps evicting code pages and reading them
 * back instead of killing, and the processes run up to sixty times slower; a real Lambda is killed. As systemd-oomd
 * and earlyoom do, it takes sustained pressure, not a moment of it: over two seconds without a break, usage at the
 * limit, major faults, pages read back that had been evicted, and next to no time in user mode.
 *
 * Page cache alone fills the group of anything that streams a large file, but brings no major faults; a first pass
 * over mapped weights brings major faults, but nothing that had been evicted.
 */
export class ThrashDetector {
  readonly #limitBytes: number;
  #window: ThrashSample[] = [];

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Takes a reading (a few per second) and answers whether the group is thrashing. */
  add(sample: ThrashSample): boolean {
    const previous = this.#window.at(-1);
    if (previous && !this.#suffers(previous, sample)) this.#window = [];
    this.#window.push(sample);
    while (sample.timeMs - (this.#window[1]?.timeMs ?? sample.timeMs) >= windowMs) this.#window.shift();
    const first = this.#window[0] ?? sample;
    const elapsedMs = sample.timeMs - first.timeMs;
    return elapsedMs >= windowMs && (sample.userSeconds - first.userSeconds) * 1000 < maxUserShare * elapsedMs;
  }

  #suffers(before: ThrashSample, after: ThrashSample): boolean {
    const seconds = (after.timeMs - before.timeMs) / 1000;
    const majorFaults = after.majorFaults - before.majorFaults;
    const full = Math.min(before.usageBytes, after.usageBytes) >= usageShare * this.#limitBytes;
    // Kernels that do not count refaults leave this sign out.
    const readBack = after.refaultPages === undefined || after.refaultPages - (before.refaultPages ?? 0) >= majorFaults;
    return full && readBack && majorFaults >= minMajorFaultsPerSecond * seconds;
  }
}
