import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { MediaError } from "../../../../layers/core/index.ts";

/** The file under a journal. Tests put one here that dies in the middle of a line. */
export type AppendFile = {
  write(bytes: Buffer): Promise<void>;
  /** Resolves when everything written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
  sizeBytes(): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
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
    sizeBytes: async () => (await handle.stat()).size,
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
  };
};

export type JournalOptions = {
  openFile?: OpenAppendFile;
  /**
   * What the disk refused is written before whatever comes next. Otherwise the journal ends there, since lines that build on each other must
   * not have one missing.
   */
  keepsRefused?: boolean;
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
  readonly #keepsRefused: boolean;
  /** Up to here every line is whole. */
  #goodBytes: number | undefined;
  #isTorn = false;

  private constructor(path: string, file: AppendFile, keepsRefused: boolean) {
    this.#path = path;
    this.#file = file;
    this.#keepsRefused = keepsRefused;
  }

  /** @throws MediaError `storage.unavailable` */
  static async open<Line>(
    path: string,
    { openFile = openAppendFile, keepsRefused = false }: JournalOptions = {},
  ): Promise<Journal<Line>> {
    const file = await openFile(path).catch((error) => Promise.reject(unavailable(path, error)));
    return new Journal<Line>(path, file, keepsRefused);
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
   * @throws MediaError `storage.unavailable` when the disk refused one
   */
  async flush(): Promise<void> {
    if (this.#broken) throw this.#broken;
    if (this.#lines.length > 0) this.#writing ??= this.#write();
    if (!this.#writing) return;
    await new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    if (this.#lines.length > 0) await this.#write();
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
        if (lines.length > 0) await this.#append(Buffer.from(lines.join("")));
        for (const waiter of waiters) waiter.resolve();
      } catch (error) {
        this.#refuse(unavailable(this.#path, error), waiters, lines);
        break;
      }
    }
    this.#writing = undefined;
  }

  async #append(bytes: Buffer): Promise<void> {
    this.#goodBytes ??= await this.#file.sizeBytes();
    // A disk that becomes full takes the beginning of a line.
    if (this.#isTorn) await this.#file.truncate(this.#goodBytes);
    this.#isTorn = true;
    await this.#file.write(bytes);
    await this.#file.sync();
    this.#isTorn = false;
    this.#goodBytes += bytes.length;
  }

  #refuse(error: MediaError, waiters: Waiter[], lines: string[]): void {
    if (!this.#keepsRefused) this.#broken = error;
    for (const waiter of [...waiters, ...this.#waiters]) waiter.reject(error);
    this.#lines = this.#keepsRefused ? [...lines, ...this.#lines] : [];
    this.#waiters = [];
  }
}

function unavailable(path: string, cause: unknown): MediaError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MediaError(
    "storage.unavailable",
    `The journal ${path} could not be written: ${reason}. Free some space on its disk, or make it writable again: work goes on by itself then, or at the host's next start.`,
    { cause },
  );
}
