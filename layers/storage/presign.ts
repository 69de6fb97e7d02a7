import { PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { environmentValue, type JobRef } from "../core/index.ts";
import { s3 } from "./client.ts";
import { keys } from "./keys.ts";
import { beginParts, partCount, type SignedPart, signPart } from "./parts.ts";
import { type PresignedForm, presignForm } from "./post-policy.ts";

export type PresignedPut = { method: "PUT"; url: string; headers: Record<string, string>; expiresAt: string };

export type PresignedUpload =
  | PresignedPut
  | PresignedForm
  | {
      method: "MULTIPART";
      uploadId: string;
      partSizeBytes: number;
      partCount: number;
      /** Left out where they were not asked for: each can be had by itself, and anew when it has expired. */
      parts?: Pick<SignedPart, "partNumber" | "url">[];
      expiresAt: string;
    };

/** How a file is sent: in one PUT, by a form, or in parts. */
export type UploadWay =
  | { method: "PUT" | "POST" }
  | { method: "MULTIPART"; partSizeBytes: number; addresses: boolean; checksums: boolean };

const expiry = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

/** An address for the transcript that a sender has already; S3 accepts exactly the bytes that were announced. */
export function presignTranscript(
  ref: JobRef,
  request: { sizeBytes: number; sha256: string; expiresSeconds: number },
): Promise<PresignedPut> {
  return presignPut(keys.givenTranscript(ref), request);
}

async function presignPut(
  key: string,
  { sizeBytes, sha256, expiresSeconds }: { sizeBytes: number; sha256?: string | undefined; expiresSeconds: number },
): Promise<PresignedPut> {
  const target = { Bucket: environmentValue("UPLOADS_BUCKET"), Key: key };
  const checksum = sha256 && Buffer.from(sha256, "hex").toString("base64");
  const url = await getSignedUrl(
    s3(),
    new PutObjectCommand({ ...target, ContentLength: sizeBytes, ChecksumSHA256: checksum }),
    // Hoisted into the query a checksum would be ignored by a client that does not know of it; as a header it must be sent.
    { expiresIn: expiresSeconds, unhoistableHeaders: new Set(["x-amz-checksum-sha256"]) },
  );
  const headers: Record<string, string> = checksum ? { "x-amz-checksum-sha256": checksum } : {};
  return { method: "PUT", url, headers, expiresAt: expiry(expiresSeconds) };
}

/**
 * Addresses that accept one job's file and nothing else: the exact length is signed, and so is the content hash when
 * it is known and the file is sent by PUT, so S3 itself refuses other bytes.
 */
export async function presignUpload(
  ref: JobRef,
  way: UploadWay,
  request: { sizeBytes: number; sha256?: string | undefined; expiresSeconds: number },
): Promise<PresignedUpload> {
  const bucket = environmentValue("UPLOADS_BUCKET");
  const key = keys.upload(ref);
  const { sizeBytes, expiresSeconds } = request;
  if (way.method !== "MULTIPART") {
    if (way.method === "PUT") return presignPut(key, request);
    return presignForm({ bucket, key, minBytes: sizeBytes, maxBytes: sizeBytes, expiresSeconds });
  }
  const { partSizeBytes, addresses, checksums } = way;
  const uploadId = await beginParts(bucket, key, checksums);
  const upload = { bucket, key, uploadId, partSizeBytes, sizeBytes };
  const parts = [];
  for (let partNumber = 1; addresses && partNumber <= partCount(upload); partNumber++) {
    const { url } = await signPart(upload, { partNumber, expiresSeconds });
    parts.push({ partNumber, url });
  }
  return {
    method: "MULTIPART",
    uploadId,
    partSizeBytes,
    partCount: partCount(upload),
    ...(addresses ? { parts } : {}),
    expiresAt: expiry(expiresSeconds),
  };
}
