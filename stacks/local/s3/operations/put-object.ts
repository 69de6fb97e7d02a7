import { receiveBody } from "../body.ts";
import type { Bucket, WriteCheck } from "../bucket.ts";
import type { Checksums } from "../checksums.ts";
import { writeCheck } from "../conditions.ts";
import { quoteEtag, type Reply, type S3Context } from "../context.ts";
import type { StoredBody } from "../data-files.ts";
import { describeObject, type Fields } from "../object-description.ts";
import type { ObjectDescription, ObjectRecord } from "../object-record.ts";

/** The checksums of a stored body as response headers. */
export function checksumReplyHeaders(checksums: Checksums): Record<string, string> {
  return Object.fromEntries(
    Object.entries(checksums).map(([algorithm, value]) => [`x-amz-checksum-${algorithm}`, value]),
  );
}

/** The record of an object whose bytes are one file. */
export function singleFileRecord(key: string, stored: StoredBody, description: ObjectDescription): ObjectRecord {
  const { sizeBytes, md5Hex, checksums } = stored.digest;
  return {
    key,
    sizeBytes,
    etag: md5Hex,
    modifiedMs: Date.now(),
    segments: [{ file: stored.file, sizeBytes }],
    checksums,
    checksumType: "FULL_OBJECT",
    ...description,
  };
}

/**
 * The fields that describe an object: the headers, and for presigned URLs the `x-amz-meta-*` and `x-amz-tagging` that signers move into the
 * query. A checksum there is ignored, as S3 does: SDKs sign that of the empty body they had.
 */
export function descriptionFields(context: S3Context): Fields {
  if (!context.authentication.presigned) return context.request.headers;
  const hoisted = context.query.pairs
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name.startsWith("x-amz-meta-") || name === "x-amz-tagging");
  return { ...Object.fromEntries(hoisted), ...context.request.headers };
}

/** Makes a record that was written for it the object of its key; its files are removed where that is refused. */
export async function commitFile(bucket: Bucket, record: ObjectRecord, check: WriteCheck): Promise<ObjectRecord> {
  try {
    await bucket.commit(record, check);
    return record;
  } catch (error) {
    await bucket.files.remove(record.segments.map(({ file }) => file));
    throw error;
  }
}

/** PutObject. */
export async function putObject(context: S3Context): Promise<Reply> {
  const { bucket, key } = context;
  const check = writeCheck(context.request.headers);
  const description = describeObject(descriptionFields(context));
  check(bucket.index.get(key));
  const stored = await bucket.files.write((sink) =>
    receiveBody(context.request, context.authentication, sink, { proceed: context.proceed, requireLength: true }),
  );
  const record = await commitFile(bucket, singleFileRecord(key, stored, description), check);
  context.emit("ObjectCreated:Put", record);
  return {
    status: 200,
    headers: {
      etag: quoteEtag(record.etag),
      ...checksumReplyHeaders(record.checksums),
      "x-amz-checksum-type": Object.keys(record.checksums).length > 0 ? record.checksumType : undefined,
    },
  };
}
