import type { JobStatus } from "./client.ts";

const steps = { awaiting_upload: "waiting for the event", queued: "queued", running: "decoding" } as const;

/**
 * One line that is rewritten on a terminal; elsewhere a line whenever the wording changes.
 * The bar covers the whole job: a tenth for the upload, a tenth for decoding, the rest for the windows.
 */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #label: string;
  #last = "";

  constructor(stream: NodeJS.WriteStream, label: string) {
    this.#stream = stream;
    this.#label = label;
  }

  uploading(sentBytes: number, sizeBytes: number): void {
    this.#show(0.1 * (sizeBytes === 0 ? 1 : sentBytes / sizeBytes), "uploading");
  }

  job(job: JobStatus): void {
    if (job.progress && "seekMs" in job.progress) {
      const { seekMs, durationMs } = job.progress;
      const minutes = (ms: number) =>
        `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
      const wording = seekMs < durationMs ? `recognising, ${minutes(seekMs)} of ${minutes(durationMs)}` : "merging";
      this.#show(0.2 + (0.8 * seekMs) / Math.max(1, durationMs), wording);
    } else if (job.progress && job.progress.windows > 0) {
      const { windows, windowsDone } = job.progress;
      const wording = windowsDone < windows ? `recognising, ${windowsDone} of ${windows} windows` : "merging";
      this.#show(0.2 + (0.8 * windowsDone) / windows, wording);
    } else if (job.status in steps) {
      this.#show(job.status === "running" ? 0.15 : 0.1, steps[job.status as keyof typeof steps]);
    } else {
      this.#show(1, job.status);
    }
  }

  #show(share: number, wording: string): void {
    if (this.#stream.isTTY) {
      const cells = 24;
      const full = Math.round(cells * Math.min(1, Math.max(0, share)));
      const line = `${this.#label} ▕${"█".repeat(full)}${" ".repeat(cells - full)}▏ ${wording}`;
      this.#stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, this.#stream.columns - 1))}`);
    } else if (wording !== this.#last) {
      this.#stream.write(`${this.#label}: ${wording}\n`);
    }
    this.#last = wording;
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\u001b[2K");
  }
}
