import type { DownloadProgress } from "../layers/models/index.ts";
import { printable } from "./terminal.ts";

/** In a log, a file below this size is worth one line. */
const smallBytes = 1e6;

/** A terminal is rewritten at most this often. */
const redrawMs = 100;

/**
 * How far a download is: one line that is rewritten on a terminal; elsewhere a line per file and tenth of it, so that a log
 * stays short.
 */
export class DownloadBar implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #last = "";

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show({ file, receivedBytes, totalBytes }: DownloadProgress): void {
    const share = totalBytes ? receivedBytes / totalBytes : undefined;
    if (!this.#stream.isTTY) {
      if (totalBytes !== undefined && totalBytes < smallBytes && receivedBytes < totalBytes) return;
      const tenth = share === undefined ? "" : ` ${Math.floor(share * 10) * 10} %`;
      const line = `${printable(file)}${tenth}`;
      if (line !== this.#last)
        this.#stream.write(`halfgig: ${line}${totalBytes ? ` of ${megabytes(totalBytes)}` : ""}\n`);
      this.#last = line;
      return;
    }
    const now = performance.now();
    if (receivedBytes !== totalBytes && now - this.#drawnAt < redrawMs) return;
    this.#drawnAt = now;
    const full = Math.round(24 * Math.min(1, share ?? 0));
    const bar = `▕${"█".repeat(full)}${" ".repeat(24 - full)}▏`;
    const line = `${printable(file)} ${bar} ${megabytes(receivedBytes)}${totalBytes ? ` of ${megabytes(totalBytes)}` : ""}`;
    this.#stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, this.#stream.columns - 1))}`);
    this.#last = line;
  }

  [Symbol.dispose](): void {
    if (this.#stream.isTTY && this.#last !== "") this.#stream.write("\r\u001b[2K");
  }
}

export function megabytes(sizeBytes: number): string {
  return sizeBytes < 1e5 ? `${(sizeBytes / 1e3).toFixed(1)} kB` : `${(sizeBytes / 1e6).toFixed(1)} MB`;
}
