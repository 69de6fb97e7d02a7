import type { AppendFile, OpenAppendFile } from "../index.ts";
import { openAppendFile } from "../journal/journal.ts";

/**
 * A disk that stops after a number of lines, as for a process that is killed: what was written before is there, part of
 * the next line may be, and whoever waits for more waits for ever.
 */
export class DyingDisk {
  #linesLeft: number;
  readonly #tornBytes: number;
  #die = () => {};
  readonly died = new Promise<void>((resolve) => {
    this.#die = resolve;
  });
  readonly #files: AppendFile[] = [];
  linesWritten = 0;

  constructor(lines: number, tornBytes = 0) {
    this.#linesLeft = lines;
    this.#tornBytes = tornBytes;
  }

  readonly open: OpenAppendFile = async (path) => {
    const file = await openAppendFile(path);
    this.#files.push(file);
    const dying: AppendFile = {
      write: (bytes) => this.#write(file, bytes),
      sync: async () => {},
      close: () => file.close(),
      sizeBytes: () => file.sizeBytes(),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
    };
    return dying;
  };

  /** Gives the dead process's files back, as the kernel would. */
  async bury(): Promise<void> {
    await Promise.allSettled(this.#files.map((file) => file.close()));
  }

  async #write(file: AppendFile, bytes: Buffer): Promise<void> {
    const lines = bytes.toString("utf8").split(/(?<=\n)/);
    const whole = lines.slice(0, this.#linesLeft);
    const torn = lines[whole.length];
    const cut = torn === undefined ? "" : torn.slice(0, Math.min(this.#tornBytes, torn.length - 1));
    this.#linesLeft -= whole.length;
    this.linesWritten += whole.length;
    if (whole.length > 0 || cut !== "") await file.write(Buffer.from(whole.join("") + cut));
    if (torn === undefined) return;
    this.#linesLeft = 0;
    this.#die();
    await new Promise(() => {});
  }
}
