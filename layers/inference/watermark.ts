import { log, metrics } from "../core/index.ts";
import type { MemoryBudget } from "./budget.ts";
import { allocationMiB, processBudget } from "./process-budget.ts";
import { peakResidentMiB, residentTreeMiB } from "./resident-memory.ts";

/** Above this share of the allocation a function gives up what it can spare. */
export const watermarkShare = 0.8;

/** Often enough to see what a window piles up between two runs of the model; one reading takes a fraction of a millisecond. */
const readingIntervalMs = 50;

export type WatermarkOptions = {
  readonly allocationMiB: number;
  readonly budget: MemoryBudget;
  /** Resident memory of the process tree at this moment, MiB. */
  readonly residentMiB?: () => number;
};

/**
 * Watches one invocation's resident memory. At 80 % of the allocation it sheds: idle models are released, and whoever takes more work
 * than one window asks `shouldStop` before the next. The window that is being worked on is finished in any case. What happened is
 * reported as metrics when the invocation ends.
 */
export class Watermark implements AsyncDisposable {
  readonly #limitMiB: number;
  readonly #allocationMiB: number;
  readonly #budget: MemoryBudget;
  readonly #residentMiB: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #evictions = { room: 0, watermark: 0, asked: 0 };
  readonly #processPeakBeforeMiB = peakResidentMiB();
  #peakMiB = 0;
  #sheds = 0;
  #above = false;
  #releasing: Promise<unknown> = Promise.resolve();

  constructor({ allocationMiB, budget, residentMiB = residentTreeMiB }: WatermarkOptions) {
    this.#allocationMiB = allocationMiB;
    this.#limitMiB = watermarkShare * allocationMiB;
    this.#budget = budget;
    this.#residentMiB = residentMiB;
    budget.onEviction = ({ name, costMiB, reason }) => {
      this.#evictions[reason]++;
      log.info("model released", { model: name.split("/").at(-1), costMiB, reason });
    };
    this.#timer = setInterval(() => this.read(), readingIntervalMs).unref();
  }

  /** Takes a reading now; sheds when it is the first above the mark. @returns whether memory is above the mark */
  read(): boolean {
    const residentMiB = this.#residentMiB();
    this.#peakMiB = Math.max(this.#peakMiB, residentMiB);
    const above = residentMiB >= this.#limitMiB;
    if (above && !this.#above) {
      this.#sheds++;
      const { reservedMiB, residents } = this.#budget;
      log.warn("memory is above the watermark: idle models are released, no further work is taken", {
        residentMiB: Math.round(residentMiB),
        allocationMiB: this.#allocationMiB,
        reservedMiB,
        models: residents.length,
      });
    }
    this.#above = above;
    if (above) this.#releasing = this.#releasing.then(() => this.#budget.releaseIdle("watermark"));
    return above;
  }

  /** True once memory has been above the mark: what was begun is finished, and nothing more is begun. */
  get shouldStop(): boolean {
    this.read();
    return this.#sheds > 0;
  }

  /** Ends the watch, after one last reading, and publishes the invocation's metrics. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.read();
    await this.#releasing;
    this.#budget.onEviction = undefined;
    metrics.addMetric("PeakResidentMemory", "Megabytes", Math.ceil(this.#largestMiB()));
    metrics.addMetric("Sheds", "Count", this.#sheds);
    for (const [reason, count] of Object.entries(this.#evictions)) {
      if (count > 0) metrics.addMetric(evictionMetrics[reason as keyof typeof evictionMetrics], "Count", count);
    }
    metrics.publishStoredMetrics();
  }

  /**
   * The kernel's own peak, which misses nothing between two readings, where it is of this invocation. It is not reset: a host that
   * watches from outside uses the same counter.
   */
  #largestMiB(): number {
    const processPeakMiB = peakResidentMiB();
    return processPeakMiB > this.#processPeakBeforeMiB ? Math.max(this.#peakMiB, processPeakMiB) : this.#peakMiB;
  }
}

const evictionMetrics = {
  room: "EvictionsForRoom",
  watermark: "EvictionsByWatermark",
  asked: "EvictionsAsked",
} as const;

/** The watch over the invocation that begins now, over this process' own allocation and budget. */
export function watchMemory(): Watermark {
  return new Watermark({ allocationMiB: allocationMiB(), budget: processBudget() });
}
