import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DataFiles } from "./data-files.ts";
import { makeDirectory, syncDirectory, writeFileDurably } from "./durable.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { type IndexEntry, indexEntryOf, type ObjectRecord } from "./object-record.ts";
import { SortedEntries } from "./sorted-entries.ts";
import { Uploads } from "./uploads.ts";

/** An object that stays readable, whatever happens to its key, until disposed. */
export type OpenObject = Disposable & { record: ObjectRecord };

/** Judges the object that a write would replace; throws to refuse the write. */
export type WriteCheck = (current: IndexEntry | undefined) => void;

/** Metadata files read at once while a bucket is loaded. */
const loadBatch = 64;

/**
 * One bucket on disk: `data/` holds bytes under random names, `objects/` one metadata file per key under the key's SHA-256,
 * `uploads/` the multipart uploads in progress, `tmp/` files before their rename. The index of keys is in memory.
 */
export class Bucket {
  readonly name: string;
  readonly files: DataFiles;
  readonly uploads: Uploads;
  readonly index = new SortedEntries<IndexEntry>();
  readonly #directory: string;
  readonly #locks = new KeyedLock();

  private constructor(name: string, directory: string) {
    this.name = name;
    this.#directory = directory;
    this.files = new DataFiles(join(directory, "data"));
    this.uploads = new Uploads(join(directory, "uploads"), join(directory, "tmp"));
  }

  /** Opens or creates the bucket, reloads its index and its uploads, and removes what a crash left behind. */
  static async open(name: string, directory: string): Promise<Bucket> {
    const bucket = new Bucket(name, directory);
    await rm(join(directory, "tmp"), { recursive: true, force: true });
    for (const folder of ["data", "objects", "uploads", "tmp"]) await makeDirectory(join(directory, folder));
    await syncDirectory(directory);
    await bucket.#load();
    return bucket;
  }

  async #load(): Promise<void> {
    const orphans = await this.files.names();
    const completedUploads = new Set<string>();
    const names = (await readdir(join(this.#directory, "objects"))).filter((name) => name.endsWith(".json"));
    for (let start = 0; start < names.length; start += loadBatch) {
      const batch = names.slice(start, start + loadBatch);
      const records = await Promise.all(batch.map((name) => this.#readRecord(join(this.#directory, "objects", name))));
      for (const record of records) {
        this.index.set(indexEntryOf(record));
        for (const { file } of record.segments) orphans.delete(file);
        if (record.uploadId !== undefined) completedUploads.add(record.uploadId);
      }
    }
    await this.uploads.load({ completed: completedUploads, files: await this.files.names() });
    for (const file of this.uploads.files()) orphans.delete(file);
    await this.files.remove(orphans);
  }

  #recordPath(key: string): string {
    return join(this.#directory, "objects", `${createHash("sha256").update(key).digest("hex")}.json`);
  }

  async #readRecord(path: string): Promise<ObjectRecord> {
    return JSON.parse(await readFile(path, "utf8")) as ObjectRecord;
  }

  async #writeRecord(record: ObjectRecord): Promise<void> {
    await writeFileDurably(this.#recordPath(record.key), JSON.stringify(record), join(this.#directory, "tmp"));
  }

  /** The object's metadata, with its data pinned; undefined where the key does not exist. */
  async open(key: string): Promise<OpenObject | undefined> {
    if (this.index.get(key) === undefined) return undefined;
    return await this.#locks.run(key, async () => {
      if (this.index.get(key) === undefined) return undefined;
      const record = await this.#readRecord(this.#recordPath(key));
      const pin = this.files.pin(record.segments);
      return { record, [Symbol.dispose]: () => pin[Symbol.dispose]() };
    });
  }

  /**
   * Makes the record the object of its key, durably and at once; `check` and the commit are one step. On failure the record's data
   * files stay with the caller.
   */
  async commit(record: ObjectRecord, check: WriteCheck): Promise<void> {
    await this.#locks.run(record.key, async () => {
      const current = this.index.get(record.key);
      check(current);
      const replaced = current === undefined ? undefined : await this.#readRecord(this.#recordPath(record.key));
      await this.#writeRecord(record);
      this.index.set(indexEntryOf(record));
      await this.files.remove(replaced?.segments.map((segment) => segment.file) ?? []);
    });
  }

  /** Changes what is said about an object, not its bytes. False where the key does not exist. */
  async update(key: string, change: (record: ObjectRecord) => ObjectRecord): Promise<boolean> {
    return await this.#locks.run(key, async () => {
      if (this.index.get(key) === undefined) return false;
      await this.#writeRecord(change(await this.#readRecord(this.#recordPath(key))));
      return true;
    });
  }

  /** Deletes the object durably; resolves to what was deleted, or undefined where there was nothing. */
  async remove(key: string, check: WriteCheck = () => undefined): Promise<IndexEntry | undefined> {
    return await this.#locks.run(key, async () => {
      const current = this.index.get(key);
      check(current);
      if (current === undefined) return undefined;
      const path = this.#recordPath(key);
      const { segments } = await this.#readRecord(path);
      await rm(path);
      await syncDirectory(join(this.#directory, "objects"));
      this.index.delete(key);
      await this.files.remove(segments.map((segment) => segment.file));
      return current;
    });
  }

  /** Removes an empty bucket from the disk. */
  async destroy(): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}
