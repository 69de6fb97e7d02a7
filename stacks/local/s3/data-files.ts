import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, type Writable } from "node:stream";
import type { BodyDigest } from "./digest.ts";
import { syncDirectory } from "./durable.ts";

/** A stretch of an object's bytes: one whole data file. A multipart object is the sequence of its parts' files. */
export type Segment = { file: string; sizeBytes: number };

export type StoredBody = { file: string; digest: BodyDigest };

const readBufferBytes = 256 * 1024;
const writeBufferBytes = 256 * 1024;

/**
 * The bytes of a bucket's objects. Files have random names and are never changed once written, so a key never becomes a path and a
 * reader never sees two versions mixed. A file belongs to whoever's metadata names it; a file nobody names is an orphan.
 */
export class DataFiles {
  readonly #directory: string;
  readonly #pins = new Map<string, number>();
  readonly #doomed = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Writes a new file durably, or leaves none: when `fill` fails, what it wrote is removed. */
  async write(fill: (sink: Writable) => Promise<BodyDigest>): Promise<StoredBody> {
    const file = randomUUID();
    const path = join(this.#directory, file);
    const handle = await open(path, "wx", 0o600);
    try {
      const digest = await fill(handle.createWriteStream({ flush: true, highWaterMark: writeBufferBytes }));
      await syncDirectory(this.#directory);
      return { file, digest };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Keeps the files on disk until disposed, even if their object is overwritten or deleted meanwhile. */
  pin(segments: readonly Segment[]): Disposable {
    for (const { file } of segments) this.#pins.set(file, (this.#pins.get(file) ?? 0) + 1);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        for (const { file } of segments) this.#unpin(file);
      },
    };
  }

  #unpin(file: string): void {
    const count = (this.#pins.get(file) ?? 1) - 1;
    if (count > 0) {
      this.#pins.set(file, count);
      return;
    }
    this.#pins.delete(file);
    if (this.#doomed.delete(file)) void this.#unlink(file);
  }

  /** Removes files that no metadata names any more, as soon as nobody reads them. */
  async remove(files: Iterable<string>): Promise<void> {
    for (const file of files) {
      if (this.#pins.has(file)) this.#doomed.add(file);
      else await this.#unlink(file);
    }
  }

  /** A file that cannot be removed now is an orphan, which the next start sweeps. */
  async #unlink(file: string): Promise<void> {
    await rm(join(this.#directory, file), { force: true }).catch(() => undefined);
  }

  /** The bytes `start` to `end` (both inclusive) of the segments in sequence. The caller holds a pin. */
  read(segments: readonly Segment[], start: number, end: number): Readable {
    const directory = this.#directory;
    async function* chunks(): AsyncGenerator<Buffer> {
      let offset = 0;
      for (const { file, sizeBytes } of segments) {
        const from = Math.max(start - offset, 0);
        const to = Math.min(end - offset, sizeBytes - 1);
        offset += sizeBytes;
        if (from <= to) {
          yield* createReadStream(join(directory, file), { start: from, end: to, highWaterMark: readBufferBytes });
        }
        if (offset > end) return;
      }
    }
    return Readable.from(chunks(), { objectMode: false, highWaterMark: readBufferBytes });
  }

  async names(): Promise<Set<string>> {
    return new Set(await readdir(this.#directory));
  }
}
