import { createHash } from "node:crypto";
import { givenChecksums } from "../body.ts";
import {
  type ChecksumAlgorithm,
  type Checksums,
  checksumAlgorithms,
  combineCrcs,
  compositeChecksum,
  isCrcAlgorithm,
} from "../checksums.ts";
import { writeCheck } from "../conditions.ts";
import { quoteEtag, type Reply, type S3Context } from "../context.ts";
import { S3Error } from "../errors.ts";
import type { ObjectRecord } from "../object-record.ts";
import type { Part, Upload } from "../uploads.ts";
import { encodeKey } from "../uri.ts";
import { type XmlElement, xmlDocument } from "../xml.ts";
import { checksumElements } from "./copy-object.ts";
import { maxPartNumber } from "./multipart.ts";

/** Every part but the last has at least 5 MiB (Amazon S3 multipart upload limits). */
const minPartBytes = 5 * 1024 * 1024;

type ListedPart = { partNumber: number; etag: string; checksums: Checksums };

function listedParts(document: XmlElement): ListedPart[] {
  const parts = document.elements("Part").map((part) => ({
    partNumber: Number(part.required("PartNumber")),
    etag: part.required("ETag").replaceAll('"', ""),
    checksums: Object.fromEntries(
      checksumAlgorithms.map((algorithm) => [algorithm, part.text(`Checksum${algorithm.toUpperCase()}`)]),
    ) as Checksums,
  }));
  if (parts.length === 0 || parts.length > maxPartNumber) throw new S3Error("MalformedXML");
  const ordered = parts.every((part, index) => index === 0 || parts[index - 1]!.partNumber < part.partNumber);
  if (!ordered) throw new S3Error("InvalidPartOrder");
  return parts;
}

/** The uploaded parts that the request lists, in its order. Throws InvalidPart or EntityTooSmall. */
function chooseParts(upload: Upload, listed: readonly ListedPart[]): Part[] {
  return listed.map(({ partNumber, etag, checksums }, index) => {
    const part = upload.parts.get(partNumber);
    const matches =
      part?.etag === etag &&
      Object.entries(checksums).every(
        ([algorithm, value]) => value === undefined || part.checksums[algorithm as ChecksumAlgorithm] === value,
      );
    if (!matches) throw new S3Error("InvalidPart", undefined, { details: { PartNumber: partNumber, ETag: etag } });
    if (index < listed.length - 1 && part.sizeBytes < minPartBytes) {
      throw new S3Error("EntityTooSmall", undefined, {
        details: { PartNumber: partNumber, ProposedSize: part.sizeBytes, MinSizeAllowed: minPartBytes },
      });
    }
    return part;
  });
}

/** The object's checksum, where every part has one of the upload's algorithm. */
function objectChecksums(upload: Upload, parts: readonly Part[], wanted: Checksums): Checksums {
  const algorithm = upload.checksumAlgorithm ?? (Object.keys(wanted)[0] as ChecksumAlgorithm | undefined);
  if (algorithm === undefined) return {};
  const known = parts.map((part) => ({ checksum: part.checksums[algorithm] ?? "", sizeBytes: part.sizeBytes }));
  if (known.some((part) => part.checksum === "")) return {};
  if (upload.checksumType === "FULL_OBJECT" && isCrcAlgorithm(algorithm)) {
    return { [algorithm]: combineCrcs(algorithm, known) };
  }
  return {
    [algorithm]: compositeChecksum(
      algorithm,
      known.map((part) => part.checksum),
    ),
  };
}

function assembleRecord(context: S3Context, upload: Upload, parts: readonly Part[]): ObjectRecord {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const declaredSize = context.header("x-amz-mp-object-size");
  if (declaredSize !== undefined && Number(declaredSize) !== sizeBytes) {
    throw new S3Error(
      "InvalidRequest",
      `x-amz-mp-object-size says ${declaredSize} bytes, the parts have ${sizeBytes}.`,
    );
  }
  // The request document's own checksum would travel in the same headers; with a type they speak of the object.
  const wanted = context.header("x-amz-checksum-type") === undefined ? {} : givenChecksums(context.request.headers);
  const checksums = objectChecksums(upload, parts, wanted);
  if (upload.checksumType === "FULL_OBJECT") {
    for (const [algorithm, value] of Object.entries(wanted)) {
      if (checksums[algorithm as ChecksumAlgorithm] !== value) throw new S3Error("BadDigest");
    }
  }
  const md5 = createHash("md5");
  for (const part of parts) md5.update(Buffer.from(part.etag, "hex"));
  return {
    key: upload.key,
    sizeBytes,
    etag: `${md5.digest("hex")}-${parts.length}`,
    modifiedMs: Date.now(),
    segments: parts.map((part) => ({ file: part.file, sizeBytes: part.sizeBytes })),
    checksums,
    checksumType: upload.checksumType,
    uploadId: upload.uploadId,
    ...upload.description,
  };
}

function reply(context: S3Context, record: Pick<ObjectRecord, "etag" | "checksums" | "checksumType">): Reply {
  const { target } = context;
  const location = `http://${context.header("host") ?? ""}/${target.bucket}/${encodeKey(target.key)}`;
  return {
    status: 200,
    body: xmlDocument("CompleteMultipartUploadResult", {
      Location: location,
      Bucket: target.bucket,
      Key: target.key,
      ETag: quoteEtag(record.etag),
      ...checksumElements(record.checksums),
      ChecksumType: Object.keys(record.checksums).length > 0 ? record.checksumType : undefined,
    }),
  };
}

/** A repeated request, after a reply that was lost, gets the same answer as long as the object is the one it made. */
async function replyToRepetition(context: S3Context, uploadId: string): Promise<Reply> {
  using object = await context.bucket.open(context.key);
  if (object?.record.uploadId !== uploadId) {
    throw new S3Error("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
  }
  return reply(context, object.record);
}

/** CompleteMultipartUpload: the parts' files become the object as they are; nothing is copied. */
export async function completeMultipartUpload(context: S3Context): Promise<Reply> {
  const { bucket, key } = context;
  const uploadId = context.query.get("uploadId") ?? "";
  const check = writeCheck(context.request.headers);
  const upload = bucket.uploads.get(uploadId, key);
  if (upload !== undefined) check(bucket.index.get(key));
  const listed = listedParts(await context.document("CompleteMultipartUpload"));
  return await bucket.uploads.exclusively(uploadId, key, async (current) => {
    if (current === undefined) return await replyToRepetition(context, uploadId);
    const parts = chooseParts(current, listed);
    const record = assembleRecord(context, current, parts);
    await bucket.commit(record, check);
    await bucket.uploads.remove(current);
    const used = new Set(parts.map((part) => part.file));
    const unused = [...current.parts.values()].filter((part) => !used.has(part.file));
    await bucket.files.remove(unused.map((part) => part.file));
    context.emit("ObjectCreated:CompleteMultipartUpload", record);
    return reply(context, record);
  });
}
