import { mkdirSync } from "node:fs";
import { appendFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * An append-only log that never takes more than two files of the given size: `name.log` and, before it, `name.log.1`.
 * Writes keep their order; awaiting one is how a reader of a pipe passes back-pressure on.
 */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #sizeBytes: number | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, maxBytes = 5 * 1024 * 1024) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    mkdirSync(dirname(path), { recursive: true });
  }

  /** Appends; a disk that is full or gone loses log lines, never an invocation. */
  write(text: string | Buffer): Promise<void> {
    this.#last = this.#last.then(() => this.#append(text)).catch(() => {});
    return this.#last;
  }

  /** Resolves when everything written so far is in the file. */
  flush(): Promise<void> {
    return this.#last;
  }

  async #append(text: string | Buffer): Promise<void> {
    this.#sizeBytes ??= await stat(this.#path).then(
      ({ size }) => size,
      () => 0,
    );
    const addedBytes = Buffer.byteLength(text);
    if (this.#sizeBytes > 0 && this.#sizeBytes + addedBytes > this.#maxBytes) {
      await rename(this.#path, `${this.#path}.1`);
      this.#sizeBytes = 0;
    }
    await appendFile(this.#path, text);
    this.#sizeBytes += addedBytes;
  }
}
