import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { MediaError } from "../../../../layers/core/index.ts";

/** The file under a journal. Tests put one here that dies in the middle of a line. */
export type AppendFile = {
  write(bytes: Buffer): Promise<void>;
  /** Resolves when everything written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

export type OpenAppendFile = (path: string) => Promise<AppendFile>;

export const openAppendFile: OpenAppendFile = async (path) => {
  const handle = await open(path, "a");
  // A new file is only safe when its directory knows it.
  await using directory = await open(dirname(path), "r");
  await directory.sync();
  return {
    write: (bytes) => handle.appendFile(bytes),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
};

type Waiter = { resolve(): void; reject(error: unknown): void };

/**
 * An append-only file of JSON lines with group commit: lines that are appended while the disk is busy go out together
 * with one fsync, so a wide Map costs a few syncs and not one per line.
 */
export class Journal<Line> {
  readonly #file: AppendFile;
  readonly #path: string;
  #lines: string[] = [];
  #waiters: Waiter[] = [];
  #writing: Promise<void> | undefined;
  #broken: MediaError | undefined;
  #closed = false;

  private constructor(path: string, file: AppendFile) {
    this.#path = path;
    this.#file = file;
  }

  static async open<Line>(path: string, openFile: OpenAppendFile = openAppendFile): Promise<Journal<Line>> {
    return new Journal<Line>(path, await openFile(path));
  }

  /** Queues a line. It is durable when the next `flush` resolves. */
  append(line: Line): void {
    if (this.#broken) throw this.#broken;
    if (this.#closed) throw new Error(`the journal ${this.#path} is closed`);
    this.#lines.push(`${JSON.stringify(line)}\n`);
    this.#writing ??= this.#write();
  }

  /**
   * Resolves when every line appended so far is on the disk.
   * @throws MediaError `storage.unavailable` when the disk refused one; the journal takes no more lines then.
   */
  async flush(): Promise<void> {
    if (this.#broken) throw this.#broken;
    if (!this.#writing) return;
    await new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    // Let everything that this turn of the event loop appends join the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#lines.length > 0 || this.#waiters.length > 0) {
      const lines = this.#lines;
      const waiters = this.#waiters;
      this.#lines = [];
      this.#waiters = [];
      try {
        if (lines.length > 0) {
          await this.#file.write(Buffer.from(lines.join("")));
          await this.#file.sync();
        }
        for (const waiter of waiters) waiter.resolve();
      } catch (error) {
        this.#fail(error, waiters);
      }
    }
    this.#writing = undefined;
  }

  #fail(error: unknown, waiters: Waiter[]): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#broken = new MediaError(
      "storage.unavailable",
      `The journal ${this.#path} could not be written: ${reason}. Free some disk space and start the host again: it goes on where it stopped.`,
      { cause: error },
    );
    for (const waiter of [...waiters, ...this.#waiters]) waiter.reject(this.#broken);
    this.#lines = [];
    this.#waiters = [];
  }
}
