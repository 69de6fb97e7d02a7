import type { Checksums, ChecksumType } from "./checksums.ts";
import type { Segment } from "./data-files.ts";

export type Tag = { key: string; value: string };

/** What a client says about an object besides its bytes. */
export type ObjectDescription = {
  /** Content-Type and the like, lower-case names. */
  headers: Record<string, string>;
  /** User metadata, without the `x-amz-meta-` prefix. */
  metadata: Record<string, string>;
  tags: Tag[];
};

/** An object's metadata file. Its rename into place is the commit of the object. */
export type ObjectRecord = ObjectDescription & {
  key: string;
  sizeBytes: number;
  /** Without quotes: the MD5 in hex, or for multipart uploads the MD5 of the parts' MD5s and `-N`. */
  etag: string;
  modifiedMs: number;
  segments: Segment[];
  checksums: Checksums;
  checksumType: ChecksumType;
  /** The multipart upload that made this object, so that completing it twice is harmless. */
  uploadId?: string;
};

/** What is kept in memory of each object: enough to list it and to judge conditions. */
export type IndexEntry = { key: string; sizeBytes: number; etag: string; modifiedMs: number };

export function indexEntryOf({ key, sizeBytes, etag, modifiedMs }: ObjectRecord): IndexEntry {
  return { key, sizeBytes, etag, modifiedMs };
}
