import { pipeline } from "node:stream/promises";
import { maxSinglePutBytes } from "../body.ts";
import { type ChecksumAlgorithm, isChecksumAlgorithm } from "../checksums.ts";
import { checkCopySource, writeCheck } from "../conditions.ts";
import { isoDate, quoteEtag, type Reply, type S3Context } from "../context.ts";
import type { StoredBody } from "../data-files.ts";
import { DigestStream } from "../digest.ts";
import { S3Error } from "../errors.ts";
import { describeObject } from "../object-description.ts";
import type { ObjectDescription, ObjectRecord } from "../object-record.ts";
import type { ByteRange } from "../ranges.ts";
import { xmlDocument } from "../xml.ts";
import { checksumReplyHeaders, commitFile, singleFileRecord } from "./put-object.ts";

export type CopySource = Disposable & { bucket: string; record: ObjectRecord };

/** Opens `x-amz-copy-source: /bucket/key`, if the principal may read it and the source's conditions hold. */
export async function openCopySource(context: S3Context): Promise<CopySource> {
  const header = context.header("x-amz-copy-source") ?? "";
  let path: string;
  try {
    const [encoded = "", version] = header.split("?versionId=");
    if (version !== undefined && version !== "null") throw new S3Error("NoSuchVersion");
    path = decodeURIComponent(encoded).replace(/^\//, "");
  } catch (error) {
    if (error instanceof S3Error) throw error;
    throw new S3Error("InvalidArgument", "x-amz-copy-source must be a URL-encoded /bucket/key.", { cause: error });
  }
  const slash = path.indexOf("/");
  if (slash < 1) throw new S3Error("InvalidArgument", "x-amz-copy-source must be a URL-encoded /bucket/key.");
  const [name, key] = [path.slice(0, slash), path.slice(slash + 1)];
  context.assertAllowed("s3:GetObject", name, key);
  const object = await context.store.bucket(name).open(key);
  if (object === undefined) throw context.missing(name, key);
  try {
    checkCopySource(context.request.headers, object.record);
  } catch (error) {
    object[Symbol.dispose]();
    throw error;
  }
  return { bucket: name, record: object.record, [Symbol.dispose]: () => object[Symbol.dispose]() };
}

/** Copies bytes of the source into a new data file of the request's bucket. */
export async function copyBytes(
  context: S3Context,
  source: CopySource,
  range: ByteRange,
  algorithms: Iterable<ChecksumAlgorithm>,
): Promise<StoredBody> {
  if (range.end - range.start + 1 > maxSinglePutBytes) {
    throw new S3Error("InvalidRequest", "A copy has at most 5 GiB. Copy larger objects with UploadPartCopy.");
  }
  const { files } = context.store.bucket(source.bucket);
  return await context.bucket.files.write(async (sink) => {
    const digest = new DigestStream({ algorithms });
    await pipeline(files.read(source.record.segments, range.start, range.end), digest, sink);
    return digest.result();
  });
}

function directive(context: S3Context, header: string): "COPY" | "REPLACE" {
  const value = context.header(header)?.toUpperCase() ?? "COPY";
  if (value !== "COPY" && value !== "REPLACE") {
    throw new S3Error("InvalidArgument", `${header} must be COPY or REPLACE.`);
  }
  return value;
}

/** CopyObject. */
export async function copyObject(context: S3Context): Promise<Reply> {
  const { bucket, key } = context;
  const check = writeCheck(context.request.headers);
  const replaceMetadata = directive(context, "x-amz-metadata-directive") === "REPLACE";
  const replaceTags = directive(context, "x-amz-tagging-directive") === "REPLACE";
  const given = describeObject(context.request.headers);
  using source = await openCopySource(context);
  if (source.bucket === bucket.name && source.record.key === key && !replaceMetadata) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing its metadata.",
    );
  }
  check(bucket.index.get(key));
  context.proceed();

  const { headers, metadata, tags } = source.record;
  const description: ObjectDescription = {
    ...(replaceMetadata ? { headers: given.headers, metadata: given.metadata } : { headers, metadata }),
    tags: replaceTags ? given.tags : tags,
  };
  const algorithm = context.header("x-amz-checksum-algorithm")?.toLowerCase() ?? "";
  const algorithms = isChecksumAlgorithm(algorithm)
    ? [algorithm]
    : (Object.keys(source.record.checksums) as ChecksumAlgorithm[]);
  const stored = await copyBytes(context, source, { start: 0, end: source.record.sizeBytes - 1 }, algorithms);
  const record = await commitFile(bucket, singleFileRecord(key, stored, description), check);
  context.emit("ObjectCreated:Copy", record);
  return {
    status: 200,
    headers: checksumReplyHeaders(record.checksums),
    body: xmlDocument("CopyObjectResult", {
      LastModified: isoDate(record.modifiedMs),
      ETag: quoteEtag(record.etag),
      ...checksumElements(record.checksums),
    }),
  };
}

/** Checksums as elements of a response document: `ChecksumCRC32` and so on. */
export function checksumElements(checksums: ObjectRecord["checksums"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(checksums).map(([algorithm, value]) => [`Checksum${algorithm.toUpperCase()}`, value]),
  );
}
