import type { Readable } from "node:stream";
import type { InvocationReport } from "./function.ts";
import type { LogFile } from "./log-file.ts";
import { MetricReader } from "./metric-reader.ts";

/** What the Invoke API returns of a log, and more than enough to recognise V8's last words. */
const tailBytes = 4096;

/** The log of one execution environment: its output and Lambda's START, END and REPORT lines, in the function's file. */
export class InvocationLog {
  readonly #file: LogFile;
  #tail = Buffer.alloc(0);
  readonly #metrics = new MetricReader();

  constructor(file: LogFile) {
    this.#file = file;
  }

  /** Copies a stream of the process into the log, no faster than the disk takes it. */
  async copy(stream: Readable): Promise<void> {
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        this.#metrics.push(chunk);
        await this.#write(chunk);
      }
    } catch {
      // The pipe of a killed process may break; what it had said is already written.
    }
  }

  start(requestId: string): void {
    this.#tail = Buffer.alloc(0);
    void this.#write(Buffer.from(`START RequestId: ${requestId} Version: $LATEST\n`));
  }

  note(text: string): void {
    void this.#write(Buffer.from(`${text}\n`));
  }

  end(report: InvocationReport): void {
    const { requestId, durationMs, memoryMB, peakRssMiB, initMs, coldStart } = report;
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs + (coldStart ? initMs : 0))} ms`,
      `Memory Size: ${memoryMB} MB`,
      `Max Memory Used: ${Math.ceil(peakRssMiB)} MB`,
    ];
    if (coldStart) fields.push(`Init Duration: ${initMs.toFixed(2)} ms`);
    if (report.outcome !== "ok") fields.push(`Status: ${report.outcome}`, `Error Type: ${report.errorType}`);
    void this.#write(Buffer.from(`END RequestId: ${requestId}\n${fields.join("\t")}\n`));
  }

  /** What the function has reported in embedded metrics since this was last asked; undefined for nothing. */
  takeMetrics(): Record<string, number> | undefined {
    return this.#metrics.take();
  }

  /** The last 4 KB since `start`. */
  tail(): string {
    return this.#tail.toString("utf8");
  }

  #write(chunk: Buffer): Promise<void> {
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-tailBytes);
    return this.#file.write(chunk);
  }
}
