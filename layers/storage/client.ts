import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { MediaError } from "../core/index.ts";

let client: S3Client | undefined;

/**
 * The S3 client of this process. Checksums are computed only where S3 requires one: otherwise a presigned PUT
 * would carry the checksum of the empty body that existed at signing time, and every upload to it would be refused.
 */
export function s3(): S3Client {
  client ??= unavailableAware(
    new S3Client({
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      maxAttempts: 5,
    }),
  );
  return client;
}

/** A client whose failures for want of a storage are MediaError `storage.unavailable`, once the SDK's own retries are used up. */
export function unavailableAware(plain: S3Client): S3Client {
  plain.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw isUnavailable(error) ? unavailable(error) : error;
      }
    },
    { step: "initialize", name: "unavailable", priority: "high" },
  );
  return plain;
}

const passingCodes: ReadonlySet<string> = new Set([
  ...["SlowDown", "RequestTimeout", "TooManyRequestsException"],
  // The machine's clock was set while requests were on their way; the SDK corrects its own by the replies.
  "RequestTimeTooSkewed",
]);
/** Node's names for a server that cannot be reached or goes away. */
const connectionCodes: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"],
]);

/** True where the storage could not be reached, went away, or asks for patience. */
export function isUnavailable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof S3ServiceException) {
    return (error.$metadata.httpStatusCode ?? 0) >= 500 || passingCodes.has(error.name);
  }
  return error.name === "TimeoutError" || connectionCodes.has((error as NodeJS.ErrnoException).code ?? "");
}

/** What an error for want of a storage is called here. */
export function unavailable(cause: Error): MediaError {
  const code = cause instanceof S3ServiceException ? cause.name : (cause as NodeJS.ErrnoException).code;
  return new MediaError(
    "storage.unavailable",
    `The object storage did not answer (${code ?? cause.name}), after several tries. Try again in a minute.`,
    { cause },
  );
}
