import { processRssMiB, processTree } from "../../stacks/local/lambda/process-tree.ts";
import { treeMemoryMiB } from "../../stacks/local/system/index.ts";
import { medianSlope } from "../../test/memory/slope.ts";

const everyMs = 1000;
/** How much larger the second half's median may be. */
const mostGrowth = 0.15;
/** What is allowed besides, MiB: a collection that has not come yet. */
const slackMiB = 24;

export type Course = {
  name: string;
  /** Medians of the two halves, MiB. */
  halves: [number, number];
  peakMiB: number;
  slopeMiBPerMinute: number;
  mostMiB: number;
  isFlat: boolean;
};

/** Memory of a host, and of it with all that it has started (pages that are shared count once), while a load goes on. */
export class MemoryCourse implements Disposable {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  readonly #samples: { hostMiB: number; treeMiB: number; processes: number }[] = [];

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#sample(), everyMs);
  }

  /** Of what came after the first fifth: until then processes are started that are kept. */
  courses(): Course[] {
    const steady = this.#samples.slice(Math.floor(this.#samples.length / 5));
    return [
      courseOf(
        "host",
        steady.map(({ hostMiB }) => hostMiB),
      ),
      courseOf(
        "host and functions",
        steady.map(({ treeMiB }) => treeMiB),
      ),
    ];
  }

  get mostProcesses(): number {
    return Math.max(0, ...this.#samples.map(({ processes }) => processes));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const hostMiB = processRssMiB(this.#pid);
    const processes = processTree(this.#pid).length;
    if (hostMiB > 0) this.#samples.push({ hostMiB, treeMiB: treeMemoryMiB(this.#pid), processes });
  }
}

/** Second half against first, and the slope by Theil and Sen. */
export function courseOf(name: string, values: readonly number[]): Course {
  const half = Math.floor(values.length / 2);
  const halves = [medianOf(values.slice(0, half)), medianOf(values.slice(half))] as [number, number];
  const mostMiB = halves[0] * (1 + mostGrowth) + slackMiB;
  // As many as its pairs can be compared in a moment.
  const every = Math.ceil(values.length / 500);
  const thinned = values.filter((_, n) => n % every === 0);
  return {
    name,
    halves,
    peakMiB: Math.max(0, ...values),
    slopeMiBPerMinute: medianSlope(thinned) * (60_000 / (everyMs * every)),
    mostMiB,
    isFlat: halves[1] <= mostMiB,
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
