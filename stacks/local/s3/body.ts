import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AwsChunkedDecoder } from "./aws-chunked.ts";
import {
  type ChecksumAlgorithm,
  type Checksums,
  checksumAlgorithms,
  checksumSizeBytes,
  isChecksumAlgorithm,
} from "./checksums.ts";
import { type BodyDigest, DigestStream } from "./digest.ts";
import { S3Error } from "./errors.ts";
import type { Authentication } from "./sigv4.ts";

/** The largest object of a single PUT, and the largest part: 5 GiB (Amazon S3 quotas). */
export const maxSinglePutBytes = 5 * 1024 ** 3;

type Expectation = {
  sizeBytes: number | undefined;
  md5Hex: string | undefined;
  sha256Hex: string | undefined;
  checksums: Checksums;
  /** A checksum that the trailer has to bring. */
  trailing: ChecksumAlgorithm | undefined;
};

/** The `x-amz-checksum-*` values among some fields, validated for their length. */
export function givenChecksums(fields: Record<string, string | string[] | undefined>): Checksums {
  const checksums: Checksums = {};
  for (const algorithm of checksumAlgorithms) {
    const value = fields[`x-amz-checksum-${algorithm}`];
    if (value === undefined) continue;
    if (typeof value !== "string" || Buffer.from(value, "base64").length !== checksumSizeBytes[algorithm]) {
      throw new S3Error("InvalidRequest", `Value for x-amz-checksum-${algorithm} header is invalid.`);
    }
    checksums[algorithm] = value;
  }
  return checksums;
}

function trailingAlgorithm(headers: IncomingHttpHeaders): ChecksumAlgorithm | undefined {
  const announced = headers["x-amz-trailer"]?.toString().trim().toLowerCase();
  if (announced === undefined) return undefined;
  const algorithm = announced.replace(/^x-amz-checksum-/, "");
  if (!announced.startsWith("x-amz-checksum-") || !isChecksumAlgorithm(algorithm)) {
    throw new S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported.");
  }
  return algorithm;
}

function md5FromHeader(value: string | string[] | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bytes = Buffer.from(String(value), "base64");
  if (bytes.length !== 16) throw new S3Error("InvalidDigest", "The Content-MD5 you specified is not valid.");
  return bytes.toString("hex");
}

const streamingModes: Record<string, { signed: boolean; trailer: boolean }> = {
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": { signed: true, trailer: false },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": { signed: true, trailer: true },
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { signed: false, trailer: true },
};

function decoderFor(authentication: Authentication): AwsChunkedDecoder | undefined {
  const { payloadMode, chunkSigning } = authentication;
  const mode = streamingModes[payloadMode];
  if (mode !== undefined) {
    return new AwsChunkedDecoder({ trailer: mode.trailer, ...(mode.signed ? { signing: chunkSigning } : {}) });
  }
  if (payloadMode === "UNSIGNED-PAYLOAD" || /^[0-9a-f]{64}$/.test(payloadMode)) return undefined;
  throw payloadMode.startsWith("STREAMING-")
    ? new S3Error("NotImplemented", `The payload mode ${payloadMode} is not offered; sign with AWS4-HMAC-SHA256.`)
    : new S3Error("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-* or a SHA-256 in hex.");
}

function expectationOf(headers: IncomingHttpHeaders, payloadMode: string, chunked: boolean): Expectation {
  const length = headers[chunked ? "x-amz-decoded-content-length" : "content-length"];
  if (length !== undefined && !/^\d{1,15}$/.test(String(length))) {
    throw new S3Error("InvalidArgument", "The length of the body must be a whole number of bytes.");
  }
  return {
    sizeBytes: length === undefined ? undefined : Number(length),
    md5Hex: md5FromHeader(headers["content-md5"]),
    sha256Hex: /^[0-9a-f]{64}$/.test(payloadMode) ? payloadMode : undefined,
    checksums: givenChecksums(headers),
    trailing: trailingAlgorithm(headers),
  };
}

function verify(digest: BodyDigest, expected: Expectation, trailers: Record<string, string>): void {
  if (expected.sizeBytes !== undefined && expected.sizeBytes !== digest.sizeBytes) throw new S3Error("IncompleteBody");
  if (expected.sha256Hex !== undefined && expected.sha256Hex !== digest.sha256Hex) {
    throw new S3Error("XAmzContentSHA256Mismatch");
  }
  if (expected.md5Hex !== undefined && expected.md5Hex !== digest.md5Hex) {
    throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  const trailing = givenChecksums(trailers);
  if (expected.trailing !== undefined && trailing[expected.trailing] === undefined) {
    throw new S3Error("MalformedTrailerError");
  }
  for (const [algorithm, value] of Object.entries({ ...expected.checksums, ...trailing })) {
    if (digest.checksums[algorithm as ChecksumAlgorithm] !== value) {
      throw new S3Error(
        "BadDigest",
        `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
  }
}

export type ReceiveOptions = {
  /** Called when nothing stands against the body any more: sends `100 Continue` where the client waits for it. */
  proceed: () => void;
  maxBytes?: number;
  /** Objects and parts must announce their length (411 MissingContentLength). */
  requireLength?: boolean;
};

/**
 * A request's body that may be left unread. A pipeline that fails destroys its source, and destroying a request closes its
 * connection before the client has read the answer.
 */
export async function* bodyChunks(request: IncomingMessage): AsyncGenerator<Buffer> {
  yield* request.iterator({ destroyOnReturn: false });
}

/**
 * Streams a request's body into `sink` and verifies everything the request says about it: length, Content-MD5,
 * x-amz-content-sha256, x-amz-checksum-* in headers or trailers, chunk signatures. The sink's content is only worth keeping
 * if this resolves.
 */
export async function receiveBody(
  request: IncomingMessage,
  authentication: Authentication,
  sink: Writable,
  options: ReceiveOptions,
): Promise<BodyDigest> {
  try {
    const decoder = decoderFor(authentication);
    const expected = expectationOf(request.headers, authentication.payloadMode, decoder !== undefined);
    const maxBytes = options.maxBytes ?? maxSinglePutBytes;
    const tooLarge = () => new S3Error("EntityTooLarge", undefined, { details: { MaxSizeAllowed: maxBytes } });
    if (options.requireLength && expected.sizeBytes === undefined) throw new S3Error("MissingContentLength");
    if ((expected.sizeBytes ?? 0) > maxBytes) throw tooLarge();

    const algorithms = new Set(Object.keys(expected.checksums) as ChecksumAlgorithm[]);
    if (expected.trailing !== undefined) algorithms.add(expected.trailing);
    const wanted = request.headers["x-amz-sdk-checksum-algorithm"]?.toString().toLowerCase();
    if (wanted !== undefined && isChecksumAlgorithm(wanted)) algorithms.add(wanted);
    const digest = new DigestStream({
      algorithms,
      sha256: expected.sha256Hex !== undefined,
      limit: { sizeBytes: Math.min(maxBytes, expected.sizeBytes ?? maxBytes), error: tooLarge },
    });

    options.proceed();
    const source = bodyChunks(request);
    if (decoder === undefined) await pipeline(source, digest, sink);
    else await pipeline(source, decoder, digest, sink);
    const result = digest.result();
    verify(result, expected, decoder?.trailers ?? {});
    return result;
  } catch (error) {
    sink.destroy();
    if (!(error instanceof S3Error) && request.readableAborted) {
      throw new S3Error("IncompleteBody", undefined, { cause: error });
    }
    throw error;
  }
}

/** Reads a small verified body, such as a request document, as text. */
export async function receiveText(
  request: IncomingMessage,
  authentication: Authentication,
  options: { proceed: () => void; maxBytes: number },
): Promise<string> {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      chunks.push(chunk);
      callback();
    },
  });
  await receiveBody(request, authentication, sink, options);
  return Buffer.concat(chunks).toString("utf8");
}
