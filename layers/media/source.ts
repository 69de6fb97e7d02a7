import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { addAbortSignal, Readable } from "node:stream";

/** Bytes that can be read from anywhere: an S3 object, a file. What ffmpeg needs to find an index at the end of a file. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** The bytes of [start, endExclusive). A stream that ends early is continued by the reader with another call. */
  read(start: number, endExclusive: number, signal?: AbortSignal): Promise<Readable>;
}

/** A file on this machine. Its size is taken now; a file that grows later is read up to that size. */
export async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    sizeBytes: size,
    async read(start, endExclusive, signal) {
      if (endExclusive <= start) return Readable.from([]);
      return createReadStream(path, { start, end: endExclusive - 1, ...(signal && { signal }) });
    },
  };
}

/** Up to `length` bytes from `start`, in one buffer. For headers only. */
export async function readBytes(
  source: ByteSource,
  start: number,
  length: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const end = Math.min(source.sizeBytes, start + length);
  const chunks: Buffer[] = [];
  let size = 0;
  while (start + size < end) {
    const before = size;
    const body = await source.read(start + size, end, signal);
    for await (const chunk of signal ? addAbortSignal(signal, body) : body) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    if (size === before) break;
  }
  return Buffer.concat(chunks).subarray(0, length);
}
