/**
 * The error codes of the S3 wire protocol that this server answers with, their HTTP status and the default sentence.
 * Names and statuses: Amazon S3 API Reference, "Error responses".
 */
export const s3ErrorCodes = {
  AccessDenied: [403, "Access Denied"],
  AccessForbidden: [403, "CORSResponse: This CORS request is not allowed."],
  AuthorizationHeaderMalformed: [400, "The authorization header that you provided is not valid."],
  AuthorizationQueryParametersError: [400, "The authorization query parameters that you provided are not valid."],
  BadDigest: [400, "The Content-MD5 or checksum value that you specified did not match what the server received."],
  BucketAlreadyOwnedByYou: [409, "The bucket that you tried to create already exists, and you own it."],
  BucketNotEmpty: [409, "The bucket that you tried to delete is not empty."],
  ConditionalRequestConflict: [409, "The object changed while the conditional request was under way. Try again."],
  EntityTooLarge: [400, "Your proposed upload exceeds the maximum allowed object size."],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed object size."],
  IncompleteBody: [400, "The request body ended before the announced number of bytes."],
  InternalError: [500, "The server met an internal error. Try again."],
  InvalidAccessKeyId: [403, "The access key ID that you provided does not exist in our records."],
  InvalidArgument: [400, "An argument of the request is not valid."],
  InvalidBucketName: [400, "The specified bucket name is not valid."],
  InvalidDigest: [400, "The Content-MD5 or checksum value that you specified is not valid."],
  InvalidPart: [400, "A part was not uploaded, or its entity tag or checksum does not match."],
  InvalidPartOrder: [400, "The list of parts was not in ascending order of part number."],
  InvalidRange: [416, "The requested range cannot be satisfied."],
  InvalidRequest: [400, "The request is not valid."],
  InvalidToken: [400, "The security token included in the request is invalid."],
  InvalidURI: [400, "The specified URI could not be parsed."],
  KeyTooLongError: [400, "Your key is too long. A key has at most 1024 bytes of UTF-8."],
  MalformedPOSTRequest: [400, "The body of your POST request is not well-formed multipart/form-data."],
  MalformedTrailerError: [400, "The request promised a trailing checksum that did not arrive."],
  MalformedXML: [400, "The XML that you provided is not well-formed or does not follow the published schema."],
  MetadataTooLarge: [400, "Your metadata headers exceed the maximum allowed metadata size of 2048 bytes."],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  MissingContentLength: [411, "You must provide the Content-Length HTTP header."],
  NoSuchBucket: [404, "The specified bucket does not exist."],
  NoSuchCORSConfiguration: [404, "The CORS configuration does not exist."],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchUpload: [404, "The multipart upload does not exist. It may have been aborted or completed."],
  NoSuchVersion: [404, "The specified version does not exist: buckets of this server keep no versions."],
  NotImplemented: [501, "This server does not offer the requested operation."],
  NotModified: [304, "Not Modified"],
  PreconditionFailed: [412, "At least one of the preconditions that you specified did not hold."],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large."],
  SignatureDoesNotMatch: [
    403,
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  ],
  XAmzContentSHA256Mismatch: [400, "The provided x-amz-content-sha256 header does not match what was computed."],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type S3ErrorCode = keyof typeof s3ErrorCodes;

/**
 * An answer of the S3 protocol that is not a success. It never leaves this server as an exception:
 * the wire wants S3's own codes, which is why this is not a `MediaError`.
 * `details` become further elements of the error document; `headers` are sent with it.
 */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  readonly status: number;
  readonly details: Record<string, string | number>;
  readonly headers: Record<string, string>;

  constructor(
    code: S3ErrorCode,
    message?: string,
    options: { details?: Record<string, string | number>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    const [status, standard] = s3ErrorCodes[code];
    super(message ?? standard, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.status = status;
    this.details = options.details ?? {};
    this.headers = options.headers ?? {};
  }
}
