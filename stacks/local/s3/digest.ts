import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { type Checksum, type ChecksumAlgorithm, type Checksums, createChecksum } from "./checksums.ts";

export type BodyDigest = { sizeBytes: number; md5Hex: string; sha256Hex?: string; checksums: Checksums };

export type DigestOptions = {
  algorithms?: Iterable<ChecksumAlgorithm>;
  sha256?: boolean;
  /** What to fail with as soon as the body is longer. */
  limit?: { sizeBytes: number; error: () => Error };
};

/** Passes a body through unchanged and knows its size, MD5 and checksums at the end. */
export class DigestStream extends Transform {
  #sizeBytes = 0;
  readonly #md5 = createHash("md5");
  readonly #sha256;
  readonly #checksums = new Map<ChecksumAlgorithm, Checksum>();
  readonly #limit: DigestOptions["limit"];

  constructor(options: DigestOptions = {}) {
    super();
    for (const algorithm of options.algorithms ?? []) this.#checksums.set(algorithm, createChecksum(algorithm));
    this.#sha256 = options.sha256 ? createHash("sha256") : undefined;
    this.#limit = options.limit;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#sizeBytes += chunk.length;
    if (this.#limit !== undefined && this.#sizeBytes > this.#limit.sizeBytes) {
      callback(this.#limit.error());
      return;
    }
    this.#md5.update(chunk);
    this.#sha256?.update(chunk);
    for (const checksum of this.#checksums.values()) checksum.update(chunk);
    callback(null, chunk);
  }

  /** Call once, after the stream has ended. */
  result(): BodyDigest {
    const digest: BodyDigest = { sizeBytes: this.#sizeBytes, md5Hex: this.#md5.digest("hex"), checksums: {} };
    if (this.#sha256 !== undefined) digest.sha256Hex = this.#sha256.digest("hex");
    for (const [algorithm, checksum] of this.#checksums) digest.checksums[algorithm] = checksum.digest();
    return digest;
  }
}
