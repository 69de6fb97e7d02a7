import { createHash, type Hash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { S3Error } from "./errors.ts";
import { type ChunkSigning, hmacSha256, sameSignature, sha256Hex } from "./sigv4.ts";

export type AwsChunkedOptions = {
  /** Present for STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER): every chunk's signature is verified. */
  signing?: ChunkSigning;
  /** The mode ends in -TRAILER: header lines may follow the last chunk. */
  trailer: boolean;
};

/** A chunk header is a hexadecimal size and a 64-digit signature; a trailer line is a name and a short value. */
const maxLineBytes = 1024;
const maxTrailers = 16;
const emptySha256 = sha256Hex("");

type State = "header" | "data" | "dataEnd" | "trailers" | "done";

/**
 * Removes the aws-chunked framing from a body: in come the bytes of the wire, out come the object's bytes. Chunk and trailer
 * signatures are checked as they pass; a wrong one fails the stream, and whoever stores the bytes must commit only after its end.
 * Reference: Amazon S3 API Reference, "Signature calculations for the Authorization header: transferring payload in multiple chunks"
 * and "… including trailing headers".
 */
export class AwsChunkedDecoder extends Transform {
  /** Lower-case names; complete once the stream has ended. */
  readonly trailers: Record<string, string> = {};

  readonly #signing: ChunkSigning | undefined;
  readonly #expectsTrailer: boolean;
  #state: State = "header";
  #partialLine: Buffer = Buffer.alloc(0);
  #remainingBytes = 0;
  #lastChunk = false;
  #previousSignature: string;
  #chunkSignature = "";
  #chunkHash: Hash | undefined;

  constructor(options: AwsChunkedOptions) {
    super();
    this.#signing = options.signing;
    this.#expectsTrailer = options.trailer;
    this.#previousSignature = options.signing?.seedSignature ?? "";
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    try {
      let rest: Buffer = chunk;
      while (rest.length > 0) rest = this.#state === "data" ? this.#takeData(rest) : this.#takeLine(rest);
      callback();
    } catch (error) {
      callback(error as Error);
    }
  }

  override _flush(callback: TransformCallback): void {
    try {
      // Some clients leave out the empty line behind the trailers.
      if (this.#state === "trailers" && this.#partialLine.length === 0) this.#finish();
      callback(this.#state === "done" ? null : new S3Error("IncompleteBody", "The aws-chunked body ended too early."));
    } catch (error) {
      callback(error as Error);
    }
  }

  #takeData(bytes: Buffer): Buffer {
    const data = bytes.subarray(0, this.#remainingBytes);
    this.#chunkHash?.update(data);
    this.push(data);
    this.#remainingBytes -= data.length;
    if (this.#remainingBytes === 0) {
      this.#verifyChunk();
      this.#state = "dataEnd";
    }
    return bytes.subarray(data.length);
  }

  #takeLine(bytes: Buffer): Buffer {
    const newline = bytes.indexOf(0x0a);
    const piece = newline < 0 ? bytes : bytes.subarray(0, newline + 1);
    if (this.#partialLine.length + piece.length > maxLineBytes) throw malformed("a line of the framing is too long");
    // A copy: a view would keep the whole network buffer alive.
    this.#partialLine = Buffer.concat([this.#partialLine, piece]);
    if (newline < 0) return Buffer.alloc(0);
    const line = this.#partialLine.toString("latin1");
    this.#partialLine = Buffer.alloc(0);
    if (!line.endsWith("\r\n")) throw malformed("a line does not end in CRLF");
    this.#handleLine(line.slice(0, -2));
    return bytes.subarray(newline + 1);
  }

  #handleLine(line: string): void {
    switch (this.#state) {
      case "header":
        this.#beginChunk(line);
        return;
      case "dataEnd":
        if (line !== "") throw malformed("a chunk is longer than its size says");
        this.#state = "header";
        return;
      case "trailers":
        if (line === "") this.#finish();
        else this.#takeTrailer(line);
        return;
      default:
        throw malformed("bytes follow the last chunk");
    }
  }

  #beginChunk(line: string): void {
    const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (match === null) throw malformed("a chunk header is not valid");
    this.#remainingBytes = Number.parseInt(match[1]!, 16);
    this.#lastChunk = this.#remainingBytes === 0;
    if (this.#signing !== undefined) {
      if (match[2] === undefined) throw malformed("a chunk has no signature");
      this.#chunkSignature = match[2];
      this.#chunkHash = createHash("sha256");
    }
    if (this.#lastChunk) {
      this.#verifyChunk();
      this.#state = "trailers";
    } else {
      this.#state = "data";
    }
  }

  #verifyChunk(): void {
    if (this.#signing === undefined || this.#chunkHash === undefined) return;
    const hash = this.#chunkHash.digest("hex");
    this.#verify("AWS4-HMAC-SHA256-PAYLOAD", `${emptySha256}\n${hash}`, this.#chunkSignature);
    this.#chunkHash = undefined;
  }

  #verify(label: string, payload: string, given: string): void {
    const { key, timestamp, scope } = this.#signing!;
    const expected = hmacSha256(key, `${label}\n${timestamp}\n${scope}\n${this.#previousSignature}\n${payload}`);
    if (!sameSignature(expected.toString("hex"), given)) {
      throw new S3Error("SignatureDoesNotMatch", "The signature of a chunk of the body does not match.");
    }
    this.#previousSignature = given;
  }

  #takeTrailer(line: string): void {
    const colon = line.indexOf(":");
    if (!this.#expectsTrailer || colon < 1 || Object.keys(this.trailers).length >= maxTrailers) {
      throw new S3Error("MalformedTrailerError");
    }
    this.trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }

  #finish(): void {
    this.#state = "done";
    if (this.#signing === undefined || !this.#expectsTrailer) return;
    const { "x-amz-trailer-signature": signature, ...signed } = this.trailers;
    if (signature === undefined) throw new S3Error("MalformedTrailerError", "The trailers carry no signature.");
    const canonical = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
    this.#verify("AWS4-HMAC-SHA256-TRAILER", sha256Hex(canonical.join("")), signature);
  }
}

function malformed(reason: string): S3Error {
  return new S3Error("InvalidRequest", `The aws-chunked body is malformed: ${reason}.`);
}
