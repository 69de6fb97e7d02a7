import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { median } from "../../scripts/eval/index.ts";
import { processRssMiB, processTree } from "../../stacks/local/lambda/index.ts";
import { functionLog } from "../e2e/support/objects.ts";

/** Memory of one function in the course of a run, MiB: medians of its first, second and last third. */
export type Course = { name: string; thirds: [number, number, number]; peak: number };

const sampleEveryMs = 100;
/** Fewer than this show no trend. */
const fewestReports = 12;
const fewestSamples = 30;
/** What only starts the runtime and waits for it is smaller. */
const leastOfNodeMiB = 20;

/** Follows the host's memory and its functions' while a job runs. Dispose it when the job has ended. */
export class MemoryWatch implements Disposable {
  hostPeakMiB = 0;
  readonly #hostPid: number;
  readonly #dataDirectory: string;
  readonly #timer: NodeJS.Timeout;
  readonly #samples = new Map<number, { name: string; rssMiB: number[] }>();
  #before = new Map<string, number[]>();

  private constructor(hostPid: number, dataDirectory: string) {
    this.#hostPid = hostPid;
    this.#dataDirectory = dataDirectory;
    this.#timer = setInterval(() => this.#sample(), sampleEveryMs);
  }

  /** @param dataDirectory the host's own, with the functions' logs below it */
  static async start(hostPid: number, dataDirectory: string): Promise<MemoryWatch> {
    const watch = new MemoryWatch(hostPid, dataDirectory);
    watch.#before = await reportedPeaks(dataDirectory);
    return watch;
  }

  /**
   * What the function's invocations reported, in order. A function that was invoked a few times only, for long, is
   * followed by what its processes held from one tenth of a second to the next.
   */
  async courses(name: string): Promise<Course[]> {
    const after = await reportedPeaks(this.#dataDirectory);
    const reported = (after.get(name) ?? []).slice(this.#before.get(name)?.length ?? 0);
    if (reported.length >= fewestReports) return [courseOf(name, reported)];
    return [...this.#samples.values()]
      .filter((process) => process.name === name && process.rssMiB.length >= fewestSamples)
      .map(({ rssMiB }) => courseOf(name, rssMiB))
      .filter(({ peak }) => peak >= leastOfNodeMiB);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    this.hostPeakMiB = Math.max(this.hostPeakMiB, processRssMiB(this.#hostPid));
    for (const pid of processTree(this.#hostPid).slice(1)) {
      const rssMiB = processRssMiB(pid);
      if (rssMiB === 0) continue;
      const known = this.#samples.get(pid);
      if (known) known.rssMiB.push(rssMiB);
      else this.#samples.set(pid, { name: functionNameOf(pid), rssMiB: [rssMiB] });
    }
  }
}

function courseOf(name: string, values: readonly number[]): Course {
  const third = values.length / 3;
  const part = (n: number) => Math.round(median(values.slice(Math.floor(n * third), Math.floor((n + 1) * third))));
  return { name, thirds: [part(0), part(1), part(2)], peak: Math.round(Math.max(...values)) };
}

/** Largest resident memory of each invocation in order, by function, from Lambda's REPORT lines. */
async function reportedPeaks(dataDirectory: string): Promise<Map<string, number[]>> {
  const files = await readdir(join(dataDirectory, "lambda", "logs")).catch(() => []);
  const peaks = new Map<string, number[]>();
  for (const name of new Set(files.map((file) => file.replace(/\.log.*$/, "")))) {
    const reports = [...(await functionLog(dataDirectory, name)).matchAll(/Max Memory Used: (\d+) MB/g)];
    peaks.set(
      name,
      reports.map(([, mib]) => Number(mib)),
    );
  }
  return peaks;
}

/** A Lambda process knows its function's name by this variable. */
function functionNameOf(pid: number): string {
  try {
    return /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}
