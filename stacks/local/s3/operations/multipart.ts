import { receiveBody } from "../body.ts";
import { type ChecksumAlgorithm, type ChecksumType, isChecksumAlgorithm, isCrcAlgorithm } from "../checksums.ts";
import { isoDate, quoteEtag, type Reply, type S3Context } from "../context.ts";
import type { StoredBody } from "../data-files.ts";
import { S3Error } from "../errors.ts";
import { describeObject } from "../object-description.ts";
import { parseCopyRange } from "../ranges.ts";
import type { Part, Upload } from "../uploads.ts";
import { xmlDocument } from "../xml.ts";
import { checksumElements, copyBytes, openCopySource } from "./copy-object.ts";
import { checksumReplyHeaders, descriptionFields } from "./put-object.ts";

export const maxPartNumber = 10_000;

/** The upload that the query names. Throws NoSuchUpload. */
export function findUpload(context: S3Context): Upload {
  const uploadId = context.query.get("uploadId") ?? "";
  const upload = context.bucket.uploads.get(uploadId, context.key);
  if (upload === undefined) throw new S3Error("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
  return upload;
}

function checksumChoice(context: S3Context): { checksumAlgorithm?: ChecksumAlgorithm; checksumType: ChecksumType } {
  const algorithm = context.header("x-amz-checksum-algorithm")?.toLowerCase();
  const type = context.header("x-amz-checksum-type")?.toUpperCase();
  if (algorithm === undefined) return { checksumType: type === "FULL_OBJECT" ? "FULL_OBJECT" : "COMPOSITE" };
  if (!isChecksumAlgorithm(algorithm))
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
  const standard = algorithm === "crc64nvme" ? "FULL_OBJECT" : "COMPOSITE";
  const checksumType = type === "FULL_OBJECT" || type === "COMPOSITE" ? type : standard;
  const possible = checksumType === "FULL_OBJECT" ? isCrcAlgorithm(algorithm) : algorithm !== "crc64nvme";
  if (!possible) {
    throw new S3Error(
      "InvalidRequest",
      `The ${checksumType} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  }
  return { checksumAlgorithm: algorithm, checksumType };
}

/** CreateMultipartUpload. */
export async function createMultipartUpload(context: S3Context): Promise<Reply> {
  const { bucket, key } = context;
  const choice = checksumChoice(context);
  const upload = await bucket.uploads.create({
    key,
    description: describeObject(descriptionFields(context)),
    ...choice,
  });
  return {
    status: 200,
    headers: choice.checksumAlgorithm && {
      "x-amz-checksum-algorithm": choice.checksumAlgorithm.toUpperCase(),
      "x-amz-checksum-type": choice.checksumType,
    },
    body: xmlDocument("InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: upload.uploadId }),
  };
}

/** Makes a stored body part `partNumber` of the upload, unless the upload ended while the body was on its way. */
async function keepPart(context: S3Context, uploadId: string, partNumber: number, stored: StoredBody): Promise<Part> {
  const { bucket, key } = context;
  try {
    return await bucket.uploads.exclusively(uploadId, key, async (upload) => {
      if (upload === undefined) throw new S3Error("NoSuchUpload");
      const { sizeBytes, md5Hex, checksums } = stored.digest;
      const part = { partNumber, file: stored.file, sizeBytes, etag: md5Hex, modifiedMs: Date.now(), checksums };
      const replaced = await bucket.uploads.putPart(upload, part);
      if (replaced !== undefined) await bucket.files.remove([replaced.file]);
      return part;
    });
  } catch (error) {
    await bucket.files.remove([stored.file]);
    throw error;
  }
}

function partNumberOf(context: S3Context): number {
  const partNumber = context.query.integer("partNumber", { min: 1, max: maxPartNumber });
  if (partNumber === undefined) throw new S3Error("InvalidArgument", "This request needs a partNumber.");
  return partNumber;
}

/** UploadPart. */
export async function uploadPart(context: S3Context): Promise<Reply> {
  const partNumber = partNumberOf(context);
  const { uploadId } = findUpload(context);
  const stored = await context.bucket.files.write((sink) =>
    receiveBody(context.request, context.authentication, sink, { proceed: context.proceed, requireLength: true }),
  );
  const part = await keepPart(context, uploadId, partNumber, stored);
  return { status: 200, headers: { etag: quoteEtag(part.etag), ...checksumReplyHeaders(part.checksums) } };
}

/** UploadPartCopy. */
export async function uploadPartCopy(context: S3Context): Promise<Reply> {
  const partNumber = partNumberOf(context);
  const { uploadId, checksumAlgorithm } = findUpload(context);
  using source = await openCopySource(context);
  const rangeHeader = context.header("x-amz-copy-source-range");
  const { sizeBytes } = source.record;
  const range = rangeHeader === undefined ? { start: 0, end: sizeBytes - 1 } : parseCopyRange(rangeHeader, sizeBytes);
  context.proceed();
  const stored = await copyBytes(context, source, range, checksumAlgorithm === undefined ? [] : [checksumAlgorithm]);
  const part = await keepPart(context, uploadId, partNumber, stored);
  return {
    status: 200,
    body: xmlDocument("CopyPartResult", {
      LastModified: isoDate(part.modifiedMs),
      ETag: quoteEtag(part.etag),
      ...checksumElements(part.checksums),
    }),
  };
}

/** AbortMultipartUpload: the parts are gone when this answers. */
export async function abortMultipartUpload(context: S3Context): Promise<Reply> {
  const { bucket, key } = context;
  await bucket.uploads.exclusively(findUpload(context).uploadId, key, async (upload) => {
    if (upload === undefined) throw new S3Error("NoSuchUpload");
    await bucket.uploads.remove(upload);
    await bucket.files.remove([...upload.parts.values()].map((part) => part.file));
  });
  return { status: 204 };
}
