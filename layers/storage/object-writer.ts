import { PassThrough } from "node:stream";
import { putStream } from "./objects.ts";

/** Writes an object while its bytes are made, one part of a multipart upload in memory; it exists only after `end()`. */
export class ObjectWriter {
  readonly #stream = new PassThrough();
  readonly #stored: Promise<void>;

  constructor(bucket: string, key: string, contentType: string) {
    this.#stored = putStream(bucket, key, this.#stream, contentType);
    // The failure is thrown by write() or end(); without this it would be an unhandled rejection before that.
    this.#stored.catch((error) => this.#stream.destroy(error));
  }

  /** Waits while the storage is slower than the writer. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#stream.destroyed) return this.#stored;
    if (this.#stream.write(data)) return;
    await new Promise<void>((resolve, reject) => {
      this.#stream.once("drain", resolve);
      this.#stored.catch(reject);
    });
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#stored;
  }

  /** Gives up: nothing becomes visible. */
  async abort(): Promise<void> {
    this.#stream.destroy(new Error("aborted"));
    await this.#stored.catch(() => undefined);
  }
}
