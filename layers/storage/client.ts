import { S3Client } from "@aws-sdk/client-s3";

let client: S3Client | undefined;

/**
 * The S3 client of this process. Checksums are computed only where S3 requires one: otherwise a presigned PUT
 * would carry the checksum of the empty body that existed at signing time, and every upload to it would be refused.
 */
export function s3(): S3Client {
  client ??= new S3Client({
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 5,
  });
  return client;
}
