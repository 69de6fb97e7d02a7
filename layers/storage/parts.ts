import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { MediaError } from "../core/index.ts";
import { s3 } from "./client.ts";
import { errorName, isNotFound } from "./objects.ts";

/**
 * The limits of an upload in parts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export const smallestPartBytes = 5 * 1_048_576;
export const largestPartBytes = 5 * 1024 * 1_048_576;
export const mostParts = 10_000;

/** An upload in parts that has begun. Every part but the last has exactly `partSizeBytes`. */
export type PartsUpload = { bucket: string; key: string; uploadId: string; partSizeBytes: number; sizeBytes: number };
export type SignedPart = {
  partNumber: number;
  sizeBytes: number;
  url: string;
  headers: Record<string, string>;
  expiresAt: string;
};
/** A part that S3 has. `etag` is the MD5 of its bytes in hexadecimal, in quotes. */
export type StoredPart = { partNumber: number; sizeBytes: number; etag: string; sha256?: string };

// Fewer, larger parts keep lists of addresses short.
const usualPartBytes = 16 * 1_048_576;
const usuallyMostParts = 500;

/** The part size where the sender leaves it open. */
export const usualPartSize = (sizeBytes: number) =>
  Math.max(usualPartBytes, Math.ceil(sizeBytes / usuallyMostParts / 1_048_576) * 1_048_576);

export const partCount = ({ sizeBytes, partSizeBytes }: Pick<PartsUpload, "sizeBytes" | "partSizeBytes">) =>
  Math.max(1, Math.ceil(sizeBytes / partSizeBytes));

/** How many bytes part `partNumber` has. */
export function partBytes(upload: Pick<PartsUpload, "sizeBytes" | "partSizeBytes">, partNumber: number): number {
  return Math.min(upload.partSizeBytes, upload.sizeBytes - (partNumber - 1) * upload.partSizeBytes);
}

/** @param checksums each part must come with the SHA-256 of its bytes, and S3 compares it */
export async function beginParts(bucket: string, key: string, checksums: boolean): Promise<string> {
  const created = await s3().send(
    new CreateMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      ...(checksums ? { ChecksumAlgorithm: "SHA256" } : {}),
    }),
  );
  return created.UploadId ?? "";
}

/**
 * An address that takes one part: its exact length is signed, and the hash of its bytes where one is given.
 * @param sha256 hex
 * @throws MediaError `request.invalid` for a part that the upload does not have
 */
export async function signPart(
  upload: PartsUpload,
  { partNumber, sha256, expiresSeconds }: { partNumber: number; sha256?: string | undefined; expiresSeconds: number },
): Promise<SignedPart> {
  const count = partCount(upload);
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > count) {
    throw new MediaError("request.invalid", `This upload has the parts 1 to ${count} and no other.`);
  }
  const sizeBytes = partBytes(upload, partNumber);
  const checksum = sha256 && Buffer.from(sha256, "hex").toString("base64");
  const command = new UploadPartCommand({
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.uploadId,
    PartNumber: partNumber,
    ContentLength: sizeBytes,
    ...(checksum ? { ChecksumSHA256: checksum } : {}),
  });
  const unhoistableHeaders = new Set(["x-amz-checksum-sha256"]);
  const url = await getSignedUrl(s3(), command, { expiresIn: expiresSeconds, unhoistableHeaders });
  const expiresAt = new Date(Date.now() + expiresSeconds * 1000).toISOString();
  return { partNumber, sizeBytes, url, headers: checksum ? { "x-amz-checksum-sha256": checksum } : {}, expiresAt };
}

/**
 * An address at which S3 itself lists or joins the parts, for clients that speak S3's own protocol, such as Uppy.
 * The ETags that such a client joins by are checked by S3; the size of the whole is checked when the job starts.
 */
export async function signPartsCall(
  { bucket, key, uploadId }: PartsUpload,
  { call, expiresSeconds }: { call: "list" | "complete"; expiresSeconds: number },
): Promise<{ url: string; expiresAt: string }> {
  const target = { Bucket: bucket, Key: key, UploadId: uploadId };
  const options = { expiresIn: expiresSeconds };
  const url =
    call === "list"
      ? await getSignedUrl(s3(), new ListPartsCommand(target), options)
      : await getSignedUrl(s3(), new CompleteMultipartUploadCommand(target), options);
  return { url, expiresAt: new Date(Date.now() + expiresSeconds * 1000).toISOString() };
}

/** What has arrived so far, in order. @throws MediaError `upload.missing` when the upload is over, one way or the other */
export async function storedParts({ bucket, key, uploadId }: PartsUpload): Promise<StoredPart[]> {
  const parts: StoredPart[] = [];
  for (let marker: string | undefined; ; ) {
    const page = await s3()
      .send(new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker }))
      .catch((cause) => {
        if (!isNotFound(cause)) throw cause;
        throw new MediaError("upload.missing", "This upload was completed or given up. Ask for its job.", { cause });
      });
    for (const { PartNumber = 0, Size = 0, ETag = "", ChecksumSHA256 } of page.Parts ?? []) {
      const sha256 = ChecksumSHA256 && Buffer.from(ChecksumSHA256, "base64").toString("hex");
      parts.push({ partNumber: PartNumber, sizeBytes: Size, etag: ETag, ...(sha256 ? { sha256 } : {}) });
    }
    if (!page.IsTruncated) return parts;
    marker = page.NextPartNumberMarker;
  }
}

/** S3's names for parts that do not fit together. */
const partErrors: ReadonlySet<string> = new Set([
  ...["InvalidPart", "InvalidPartOrder", "EntityTooSmall", "NoSuchUpload", "MalformedXML"],
]);

/** @throws MediaError `request.invalid` where the parts do not make a whole */
export async function joinParts(
  { bucket, key, uploadId }: Pick<PartsUpload, "bucket" | "key" | "uploadId">,
  parts: readonly Pick<StoredPart, "partNumber" | "etag" | "sha256">[],
): Promise<void> {
  const Parts = [...parts]
    .sort((a, b) => a.partNumber - b.partNumber)
    .map(({ partNumber, etag, sha256 }) => ({
      PartNumber: partNumber,
      ETag: etag,
      ...(sha256 ? { ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64") } : {}),
    }));
  try {
    await s3().send(
      new CompleteMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId, MultipartUpload: { Parts } }),
    );
  } catch (cause) {
    const name = errorName(cause);
    if (!partErrors.has(name)) throw cause;
    const message = `The parts do not make a whole (${name}). Send the missing parts again.`;
    throw new MediaError("request.invalid", message, { cause });
  }
}

/** Gives an upload in parts up; what has arrived is deleted. One that is over already is left alone. */
export async function abandonParts({
  bucket,
  key,
  uploadId,
}: Pick<PartsUpload, "bucket" | "key" | "uploadId">): Promise<void> {
  await s3()
    .send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }))
    .catch((error) => {
      if (!isNotFound(error)) throw error;
    });
}
