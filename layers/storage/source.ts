import type { Readable } from "node:stream";
import { openObject } from "./objects.ts";

/** Ranged reads of one version of an S3 object; it has the shape that layers/media reads from. */
export function objectSource(object: { bucket: string; key: string; sizeBytes: number; etag: string }) {
  return {
    sizeBytes: object.sizeBytes,
    read: (start: number, endExclusive: number, signal?: AbortSignal): Promise<Readable> =>
      openObject(object.bucket, object.key, { start, endExclusive, etag: object.etag, signal }),
  };
}
