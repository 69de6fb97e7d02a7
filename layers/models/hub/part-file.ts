import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { z } from "zod";

const receiptSchema = z.object({
  repo: z.string(),
  revision: z.string(),
  validator: z.string().optional(),
  /** SHA-256 that the source had named for the whole file. */
  sha256: z.string().optional(),
});

/** What a partial file is a part of. */
export type Receipt = z.infer<typeof receiptSchema>;

/**
 * `<path>.part`: a file that is being downloaded, hashed as it grows, with a receipt (`<path>.part.json`) beside it that tells a
 * later process what it is a part of. Its caller must be the only one who writes it.
 */
export class PartFile implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  #hash: Hash = createHash("sha256");
  #sizeBytes = 0;
  #receipt: Receipt | undefined;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /**
   * Opens what an earlier process left. What belongs to another revision is dropped, and so is what no SHA-256 will prove in the
   * end: after a power cut a file may have holes.
   */
  static async open(
    path: string,
    { repo, revision }: Pick<Receipt, "repo" | "revision">,
    expectedSha256?: string,
  ): Promise<PartFile> {
    const receipt = await readReceipt(`${path}.part.json`);
    // A file that was finished, but never used, is a part again: it is hashed like one.
    if (receipt) await rename(path, `${path}.part`).catch(() => undefined);
    const provable = (expectedSha256 ?? receipt?.sha256) !== undefined;
    const keep = provable && receipt?.repo === repo && receipt.revision === revision;
    const part = new PartFile(path, await open(`${path}.part`, keep ? "a+" : "w+"));
    if (!keep) return part;
    part.#receipt = receipt;
    for await (const chunk of createReadStream(`${path}.part`, { highWaterMark: 1 << 20 })) {
      part.#hash.update(chunk as Buffer);
      part.#sizeBytes += (chunk as Buffer).length;
    }
    return part;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get receipt(): Receipt | undefined {
    return this.#receipt;
  }

  /** SHA-256 of the bytes so far. */
  sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash("sha256");
    this.#sizeBytes = 0;
  }

  /** Must be written before bytes that it describes. */
  async describe(receipt: Receipt): Promise<void> {
    this.#receipt = receipt;
    // Not forced to the disk: without it the download merely starts over.
    await writeFile(`${this.#path}.part.json`, JSON.stringify(receipt));
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.length; ) {
      const { bytesWritten } = await this.#handle.write(
        chunk,
        written,
        chunk.length - written,
        this.#sizeBytes + written,
      );
      written += bytesWritten;
    }
    this.#hash.update(chunk);
    this.#sizeBytes += chunk.length;
  }

  /** Gives the file its name, with its bytes on disk first. The receipt stays until `forgetReceipt`. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    if (this.#receipt) await this.describe({ ...this.#receipt, sha256: this.sha256() });
    await rename(`${this.#path}.part`, this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Removes what is left of the download of a file that has gone into use. */
export async function forgetReceipt(path: string): Promise<void> {
  await rm(`${path}.part.json`, { force: true });
}

async function readReceipt(path: string): Promise<Receipt | undefined> {
  try {
    return receiptSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}
