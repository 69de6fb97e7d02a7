import type { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { MediaError, type ObjectKey } from "../core/index.ts";
import { isUnavailable, s3, unavailable } from "./client.ts";
import { resumed } from "./resumed.ts";

/** What S3 knows of an object without reading it. */
export type ObjectHead = { sizeBytes: number; etag: string; metadata: Record<string, string> };

const status = (error: unknown) => (error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined);

/** True when a conditional write lost: 412, or 409 when two conditional writes met. */
export const isConflict = (error: unknown) => status(error) === 412 || status(error) === 409;
export const isNotFound = (error: unknown) => status(error) === 404;
/** S3's own name for what went wrong, such as NoSuchUpload. */
export const errorName = (error: unknown) => (error instanceof Error ? error.name : "");

/** @returns undefined when there is no such object. */
export async function headObject(bucket: string, key: string): Promise<ObjectHead | undefined> {
  try {
    const head = await s3().send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return { sizeBytes: head.ContentLength ?? 0, etag: head.ETag ?? "", metadata: head.Metadata ?? {} };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export type StoredJson = { value: unknown; etag: string; metadata: Record<string, string> };

/** Tries at reading a small object whose connection breaks. */
const mostReads = 5;

/** A small JSON object, its ETag and its metadata; undefined when there is none. */
export async function getJson(bucket: string, key: string): Promise<StoredJson | undefined> {
  for (let reads = 1; ; reads++) {
    try {
      const reply = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const json = (await reply.Body?.transformToString()) ?? "";
      return { value: JSON.parse(json), etag: reply.ETag ?? "", metadata: reply.Metadata ?? {} };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      // From its beginning: records change, and the rest of another version would be no record at all.
      if (!isUnavailable(error)) throw error;
      if (reads === mostReads) throw unavailable(error);
    }
  }
}

/**
 * A small text object; undefined when there is none.
 * @throws MediaError `request.invalid` when it has more than `mostBytes`
 */
export async function getObjectText(bucket: string, key: string, mostBytes: number): Promise<string | undefined> {
  const head = await headObject(bucket, key);
  if (!head) return undefined;
  if (head.sizeBytes > mostBytes) {
    throw new MediaError("request.invalid", `The object ${key} has more than ${mostBytes} bytes.`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await openObject(bucket, key, { etag: head.etag })) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

export type WriteCondition = { onlyIfAbsent?: boolean; onlyIfEtag?: string };

/**
 * Writes one small object whole.
 * @returns false when the condition did not hold: somebody else wrote first, and nothing was changed.
 */
export async function putObject(
  bucket: string,
  key: string,
  body: string | Uint8Array,
  contentType: string,
  condition: WriteCondition & { metadata?: Record<string, string> } = {},
): Promise<boolean> {
  try {
    await s3().send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: contentType,
        ...(condition.metadata ? { Metadata: condition.metadata } : {}),
        ...(condition.onlyIfAbsent ? { IfNoneMatch: "*" } : {}),
        ...(condition.onlyIfEtag ? { IfMatch: condition.onlyIfEtag } : {}),
      }),
    );
    return true;
  } catch (error) {
    // If-Match on an object that was deleted meanwhile answers 404: the condition did not hold either.
    const conditional = condition.onlyIfAbsent || condition.onlyIfEtag !== undefined;
    if (conditional && (isConflict(error) || isNotFound(error))) return false;
    throw error;
  }
}

/** Writes a stream of unknown length; one part of 5 MiB is held at a time. */
export async function putStream(bucket: string, key: string, body: Readable, contentType: string): Promise<void> {
  const upload = new Upload({
    client: s3(),
    queueSize: 1,
    params: { Bucket: bucket, Key: key, Body: body, ContentType: contentType },
  });
  await upload.done();
}

/** An object's bytes as a stream, whole or a range. @throws MediaError `storage.object_changed` when the ETag differs. */
export async function openObject(
  bucket: string,
  key: string,
  options: { start?: number; endExclusive?: number; etag?: string; signal?: AbortSignal } = {},
): Promise<Readable> {
  const { start, endExclusive, etag, signal } = options;
  const range =
    start === undefined ? undefined : `bytes=${start}-${endExclusive === undefined ? "" : endExclusive - 1}`;
  try {
    const reply = await s3().send(
      new GetObjectCommand({ Bucket: bucket, Key: key, Range: range, ...(etag ? { IfMatch: etag } : {}) }),
      { abortSignal: signal },
    );
    const rest = (received: number) => {
      const version = etag ?? reply.ETag;
      return openObject(bucket, key, {
        ...options,
        start: (start ?? 0) + received,
        ...(version ? { etag: version } : {}),
      });
    };
    return resumed(reply.Body as Readable, rest, key);
  } catch (error) {
    if (status(error) === 412) {
      throw new MediaError(
        "storage.object_changed",
        `The object ${key} was overwritten while a job was reading it. The job of the new upload will use the new bytes.`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Keys under a prefix in byte order, page by page. */
export async function* listKeys(bucket: string, prefix: string, pageSize = 1000): AsyncGenerator<ObjectKey> {
  const pages = paginateListObjectsV2({ client: s3(), pageSize }, { Bucket: bucket, Prefix: prefix });
  for await (const page of pages) {
    for (const object of page.Contents ?? []) {
      if (object.Key !== undefined) yield object.Key as ObjectKey;
    }
  }
}

/** Keys under a prefix in byte order, one page of them, beginning after a key. */
export async function listPage(
  bucket: string,
  prefix: string,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<ObjectKey[]> {
  const page = await s3().send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: limit, StartAfter: after }),
  );
  return (page.Contents ?? []).map((object) => object.Key as ObjectKey);
}

/** Deletes one object; one that is not there is no error. */
export async function deleteObject(bucket: string, key: string): Promise<void> {
  await s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/**
 * Deletes everything under a prefix, a thousand keys a request, but what `keep` holds for worth keeping.
 * @returns how many keys were deleted.
 */
export async function deletePrefix(
  bucket: string,
  prefix: string,
  keep: (key: string) => boolean = () => false,
): Promise<number> {
  let deleted = 0;
  let batch: ObjectKey[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const reply = await s3().send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true } }),
    );
    const refused = reply.Errors?.[0];
    if (refused) {
      throw new MediaError("storage.unavailable", `Deleting ${refused.Key} failed: ${refused.Code} ${refused.Message}`);
    }
    deleted += batch.length;
    batch = [];
  };
  for await (const key of listKeys(bucket, prefix)) {
    if (keep(key)) continue;
    batch.push(key);
    if (batch.length === 1000) await flush();
  }
  await flush();
  return deleted;
}
