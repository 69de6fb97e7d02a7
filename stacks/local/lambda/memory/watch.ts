import { processPeakRssMiB, processTree, resetPeakRss, type TreeUsage, usageOf } from "../process-tree.ts";
import type { MemoryGroup } from "./limiter.ts";
import { ThrashDetector } from "./thrash.ts";

export type MemoryVerdict = "killed" | "over" | "thrashing";

const mebibyte = 1024 * 1024;
const busyIntervalMs = 25;
const idleIntervalMs = 1000;
/** Kernel counters change slowly next to resident memory, and reading them costs more. */
const detectorIntervalMs = 250;

/**
 * Watches the memory of one process tree: its peak for the reports, and the three ways in which an allocation is
 * exceeded. `killed`: the kernel has killed a process of the tree. `over`: resident memory is above the limit.
 * `thrashing`: the tree is stuck at its limit.
 */
export class MemoryWatch {
  readonly #pid: number;
  readonly #group: MemoryGroup;
  readonly #onExceeded: (verdict: MemoryVerdict) => void;
  #detector: ThrashDetector;
  #peakRssMiB = 0;
  #peakWasReset = true;
  #timer: NodeJS.Timeout | undefined;
  #nextDetectionMs = 0;
  #disposed = false;

  constructor(pid: number, group: MemoryGroup, onExceeded: (verdict: MemoryVerdict) => void) {
    this.#pid = pid;
    this.#group = group;
    this.#onExceeded = onExceeded;
    this.#detector = new ThrashDetector(group.limitBytes);
    this.setBusy(true);
  }

  /** Reads often while the environment works, and rarely while it waits. */
  setBusy(busy: boolean): void {
    clearInterval(this.#timer);
    if (this.#disposed) return;
    this.#detector = new ThrashDetector(this.#group.limitBytes);
    this.#timer = setInterval(() => this.#tick(), busy ? busyIntervalMs : idleIntervalMs);
  }

  /** Begins a new peak at the present size. */
  resetPeak(): void {
    this.#peakRssMiB = 0;
    this.#peakWasReset = resetPeakRss(this.#pid);
    this.#tick();
  }

  /** The largest resident memory since `resetPeak`, never below what the kernel saw of the runtime itself. */
  peakRssMiB(): number {
    this.#tick();
    return this.#peakRssMiB;
  }

  /** Whether the kernel has killed a process of this tree for memory. */
  kernelKilled(): boolean {
    return (this.#group.sample()?.oomKills ?? 0) > 0;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearInterval(this.#timer);
  }

  #tick(): void {
    const usage = usageOf(this.#group.processes() ?? processTree(this.#pid));
    this.#peakRssMiB = Math.max(this.#peakRssMiB, usage.rssMiB);
    if (this.#peakWasReset) this.#peakRssMiB = Math.max(this.#peakRssMiB, processPeakRssMiB(this.#pid));
    const verdict = this.#judge(usage);
    if (verdict) this.#onExceeded(verdict);
  }

  #judge(usage: TreeUsage): MemoryVerdict | undefined {
    const sample = this.#group.sample();
    if (sample && sample.oomKills > 0) return "killed";
    // A kernel limit does not count pages that another group touched first, such as those of node itself; on Lambda
    // a function has no neighbours to have touched them. So resident memory is compared whatever the kernel does.
    if (usage.rssMiB * mebibyte > this.#group.limitBytes) return "over";
    if (!sample) return undefined;
    const timeMs = performance.now();
    if (timeMs < this.#nextDetectionMs) return undefined;
    this.#nextDetectionMs = timeMs + detectorIntervalMs;
    return this.#detector.add({ ...sample, timeMs, userSeconds: usage.userSeconds }) ? "thrashing" : undefined;
  }
}
