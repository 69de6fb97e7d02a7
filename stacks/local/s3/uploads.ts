import { randomUUID } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ChecksumAlgorithm, Checksums, ChecksumType } from "./checksums.ts";
import { makeDirectory, syncDirectory, writeFileDurably } from "./durable.ts";
import { KeyedLock } from "./keyed-lock.ts";
import type { ObjectDescription } from "./object-record.ts";

export type Part = {
  partNumber: number;
  file: string;
  sizeBytes: number;
  etag: string;
  modifiedMs: number;
  checksums: Checksums;
};

type UploadHead = {
  uploadId: string;
  key: string;
  initiatedMs: number;
  description: ObjectDescription;
  checksumAlgorithm?: ChecksumAlgorithm;
  checksumType: ChecksumType;
};

/** A multipart upload in progress. */
export type Upload = UploadHead & { parts: Map<number, Part> };

/**
 * A bucket's multipart uploads in progress: a directory per upload with `upload.json` and one file per part, so that the cost of storing a
 * part does not grow with the number of parts.
 */
export class Uploads {
  readonly #directory: string;
  readonly #temporaryDirectory: string;
  readonly #uploads = new Map<string, Upload>();
  readonly #locks = new KeyedLock();

  constructor(directory: string, temporaryDirectory: string) {
    this.#directory = directory;
    this.#temporaryDirectory = temporaryDirectory;
  }

  /**
   * Reloads the uploads after a restart. An upload that already became an object lost only its clean-up to the crash and is removed; a
   * part whose data file is gone is forgotten.
   */
  async load(known: { completed: ReadonlySet<string>; files: ReadonlySet<string> }): Promise<void> {
    for (const uploadId of await readdir(this.#directory)) {
      const directory = join(this.#directory, uploadId);
      const names = await readdir(directory);
      if (known.completed.has(uploadId) || !names.includes("upload.json")) {
        await rm(directory, { recursive: true });
        continue;
      }
      const head = JSON.parse(await readFile(join(directory, "upload.json"), "utf8")) as UploadHead;
      const parts = new Map<number, Part>();
      for (const name of names.filter((candidate) => candidate !== "upload.json")) {
        const part = JSON.parse(await readFile(join(directory, name), "utf8")) as Part;
        if (known.files.has(part.file)) parts.set(part.partNumber, part);
      }
      this.#uploads.set(uploadId, { ...head, parts });
    }
  }

  /** The data files of all parts. */
  *files(): Generator<string> {
    for (const { parts } of this.#uploads.values()) for (const { file } of parts.values()) yield file;
  }

  get(uploadId: string, key: string): Upload | undefined {
    const upload = this.#uploads.get(uploadId);
    return upload?.key === key ? upload : undefined;
  }

  list(): Upload[] {
    return [...this.#uploads.values()];
  }

  async create(head: Omit<UploadHead, "uploadId" | "initiatedMs">): Promise<Upload> {
    const upload: UploadHead = { ...head, uploadId: randomUUID(), initiatedMs: Date.now() };
    const directory = join(this.#directory, upload.uploadId);
    await makeDirectory(directory);
    await writeFileDurably(join(directory, "upload.json"), JSON.stringify(upload), this.#temporaryDirectory);
    await syncDirectory(this.#directory);
    const open = { ...upload, parts: new Map<number, Part>() };
    this.#uploads.set(upload.uploadId, open);
    return open;
  }

  /** Runs work that changes an upload, one at a time; the work gets undefined where the upload is gone by then. */
  async exclusively<Result>(
    uploadId: string,
    key: string,
    work: (upload: Upload | undefined) => Promise<Result>,
  ): Promise<Result> {
    return await this.#locks.run(uploadId, () => work(this.get(uploadId, key)));
  }

  /** Records a part; call within `exclusively`. Resolves to the part that it replaces. */
  async putPart(upload: Upload, part: Part): Promise<Part | undefined> {
    const path = join(this.#directory, upload.uploadId, `${part.partNumber}.json`);
    await writeFileDurably(path, JSON.stringify(part), this.#temporaryDirectory);
    const replaced = upload.parts.get(part.partNumber);
    upload.parts.set(part.partNumber, part);
    return replaced;
  }

  /** Forgets the upload; call within `exclusively`. The data files stay with the caller. */
  async remove(upload: Upload): Promise<void> {
    this.#uploads.delete(upload.uploadId);
    await rm(join(this.#directory, upload.uploadId), { recursive: true, force: true });
    await syncDirectory(this.#directory);
  }
}
