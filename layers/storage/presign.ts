import { CreateMultipartUploadCommand, PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { environmentValue, type JobId } from "../core/index.ts";
import { s3 } from "./client.ts";
import { keys } from "./keys.ts";

export type PresignedUpload =
  | { method: "PUT"; url: string; headers: Record<string, string>; expiresAt: string }
  | {
      method: "MULTIPART";
      uploadId: string;
      partSizeBytes: number;
      parts: { partNumber: number; url: string }[];
      expiresAt: string;
    };

// S3: parts of 5 MiB to 5 GiB, 10,000 at most. Fewer, larger parts keep the list of addresses short.
const smallestPartBytes = 16 * 1_048_576;
const mostParts = 500;

export type PresignedPut = Extract<PresignedUpload, { method: "PUT" }>;

const expiry = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

/** An address for the transcript that a sender has already; S3 accepts exactly the bytes that were announced. */
export function presignTranscript(
  jobId: JobId,
  request: { sizeBytes: number; sha256: string; expiresSeconds: number },
): Promise<PresignedPut> {
  return presignPut(keys.givenTranscript(jobId), request);
}

async function presignPut(
  key: string,
  { sizeBytes, sha256, expiresSeconds }: { sizeBytes: number; sha256?: string; expiresSeconds: number },
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
 * it is known, so S3 itself refuses other bytes.
 */
export async function presignUpload(
  jobId: JobId,
  request: { sizeBytes: number; sha256?: string; multipart: boolean; expiresSeconds: number },
): Promise<PresignedUpload> {
  const target = { Bucket: environmentValue("UPLOADS_BUCKET"), Key: keys.upload(jobId) };
  const expiresIn = request.expiresSeconds;
  if (!request.multipart) return presignPut(target.Key, request);
  const expiresAt = expiry(expiresIn);
  const created = await s3().send(new CreateMultipartUploadCommand(target));
  const uploadId = created.UploadId ?? "";
  const partSizeBytes = Math.max(smallestPartBytes, Math.ceil(request.sizeBytes / mostParts));
  const count = Math.max(1, Math.ceil(request.sizeBytes / partSizeBytes));
  const parts = [];
  for (let partNumber = 1; partNumber <= count; partNumber++) {
    const length = Math.min(partSizeBytes, request.sizeBytes - (partNumber - 1) * partSizeBytes);
    const command = new UploadPartCommand({
      ...target,
      UploadId: uploadId,
      PartNumber: partNumber,
      ContentLength: length,
    });
    parts.push({ partNumber, url: await getSignedUrl(s3(), command, { expiresIn }) });
  }
  return { method: "MULTIPART", uploadId, partSizeBytes, parts, expiresAt };
}
