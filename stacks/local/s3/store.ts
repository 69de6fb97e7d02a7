import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Bucket } from "./bucket.ts";
import type { CorsRule } from "./cors.ts";
import { makeDirectory, syncDirectory, writeFileDurably } from "./durable.ts";
import { S3Error } from "./errors.ts";

export type BucketConfig = { name: string; cors?: CorsRule[] };

type BucketSettings = { createdMs: number; cors?: CorsRule[] };

type MountedBucket = { bucket: Bucket; settings: BucketSettings; configured: BucketConfig | undefined };

/** Names of general purpose buckets: 3 to 63 of a-z, 0-9, dot and hyphen; safe as a directory's name. */
const bucketName = /^(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** All buckets under one directory. One process at a time may use it: opening it removes the leftovers of a crash. */
export class Store {
  readonly #directory: string;
  readonly #buckets = new Map<string, MountedBucket>();

  private constructor(directory: string) {
    this.#directory = join(directory, "buckets");
  }

  /** Opens the buckets on disk and creates the configured ones that are missing. */
  static async open(directory: string, configs: readonly BucketConfig[]): Promise<Store> {
    const store = new Store(directory);
    await makeDirectory(store.#directory);
    const onDisk = await readdir(store.#directory);
    for (const name of new Set([...onDisk, ...configs.map((config) => config.name)])) {
      await store.#mount(
        name,
        configs.find((config) => config.name === name),
      );
    }
    return store;
  }

  async #mount(name: string, configured: BucketConfig | undefined): Promise<void> {
    if (!bucketName.test(name)) throw new S3Error("InvalidBucketName", `"${name}" is not a valid bucket name.`);
    const directory = join(this.#directory, name);
    const bucket = await Bucket.open(name, directory);
    const text = await readFile(join(directory, "bucket.json"), "utf8").catch(() => undefined);
    const settings = text === undefined ? { createdMs: Date.now() } : (JSON.parse(text) as BucketSettings);
    this.#buckets.set(name, { bucket, settings, configured });
    if (text === undefined) await this.#save(name);
  }

  async #save(name: string): Promise<void> {
    const { settings } = this.#mounted(name);
    const directory = join(this.#directory, name);
    await writeFileDurably(join(directory, "bucket.json"), JSON.stringify(settings), join(directory, "tmp"));
    await syncDirectory(this.#directory);
  }

  #mounted(name: string): MountedBucket {
    const mounted = this.#buckets.get(name);
    if (mounted === undefined) throw new S3Error("NoSuchBucket", undefined, { details: { BucketName: name } });
    return mounted;
  }

  has(name: string): boolean {
    return this.#buckets.has(name);
  }

  /** Throws NoSuchBucket. */
  bucket(name: string): Bucket {
    return this.#mounted(name).bucket;
  }

  list(): { name: string; createdMs: number }[] {
    return [...this.#buckets]
      .map(([name, { settings }]) => ({ name, createdMs: settings.createdMs }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async create(name: string): Promise<void> {
    if (this.has(name)) throw new S3Error("BucketAlreadyOwnedByYou", undefined, { details: { BucketName: name } });
    await this.#mount(name, undefined);
  }

  async destroy(name: string): Promise<void> {
    const { bucket, configured } = this.#mounted(name);
    if (configured !== undefined) {
      throw new S3Error(
        "AccessDenied",
        `The bucket ${name} is declared in this host's configuration; remove it there.`,
      );
    }
    if (bucket.index.size > 0 || bucket.uploads.list().length > 0) throw new S3Error("BucketNotEmpty");
    this.#buckets.delete(name);
    await bucket.destroy();
  }

  /** The rules set through the API, or else those of the configuration. */
  cors(name: string): CorsRule[] {
    const mounted = this.#buckets.get(name);
    return mounted?.settings.cors ?? mounted?.configured?.cors ?? [];
  }

  async setCors(name: string, rules: CorsRule[] | undefined): Promise<void> {
    const { settings } = this.#mounted(name);
    if (rules === undefined) delete settings.cors;
    else settings.cors = rules;
    await this.#save(name);
  }
}
