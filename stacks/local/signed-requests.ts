import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { SignatureV4 } from "@smithy/signature-v4";
import type { KeyPair } from "./credentials.ts";

/** What Lambda and Step Functions accept at most, and room for its escapes. */
const maxBodyBytes = 8 * 1024 * 1024;
const maxSkewMs = 5 * 60 * 1000;

/**
 * Lets only requests through that are signed by Signature Version 4 with the secret of their access key: an access key id alone
 * is no secret, it stands in every presigned URL. The signature covers the body, which is therefore read first.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function requireSignature(
  keysOf: (accessKeyId: string) => KeyPair | undefined,
  listener: RequestListener,
): RequestListener {
  return (request, response) => {
    verify(request, keysOf).then(
      (body) => listener(withBody(request, body), response),
      (error: Error) => refuse(response, error),
    );
  };
}

const authorizationPattern =
  /^AWS4-HMAC-SHA256 Credential=([^/\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/** @returns the body. @throws when the signature is missing, old or wrong */
async function verify(request: IncomingMessage, keysOf: (accessKeyId: string) => KeyPair | undefined): Promise<Buffer> {
  const match = authorizationPattern.exec(request.headers.authorization ?? "");
  if (!match) throw new Error("Missing Authentication Token");
  const [, accessKeyId = "", , region = "", service = "", signedHeaders = "", signature = ""] = match;
  const credentials = keysOf(accessKeyId);
  const signingDate = parseAmzDate(request.headers["x-amz-date"]);
  const names = signedHeaders.split(";");
  if (!credentials || !names.includes("host"))
    throw new Error("The security token included in the request is invalid.");
  if (!(Math.abs(Date.now() - signingDate.getTime()) <= maxSkewMs)) throw new SignatureExpired();
  const body = await readBody(request);
  const url = new URL(request.url ?? "/", "http://localhost");
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false });
  const expected = await signer.sign(
    {
      method: request.method ?? "",
      protocol: "http:",
      hostname: "localhost",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(names.map((name) => [name, String(request.headers[name] ?? "")])),
      body,
    },
    { signingDate, signableHeaders: new Set(names) },
  );
  const wanted = /Signature=([0-9a-f]{64})$/.exec(expected.headers.authorization ?? "")?.[1] ?? "";
  // Where the body's hash is a header, the signature covers the header, and the header has to be true.
  const claimed = request.headers["x-amz-content-sha256"] ?? "";
  const trueHash = claimed === "" || sameText(String(claimed), createHash("sha256").update(body).digest("hex"));
  if (!trueHash || !sameText(wanted, signature)) {
    throw new Error("The request signature we calculated does not match the signature you provided.");
  }
  return body;
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** `20260101T120000Z`; an invalid date for anything else. */
function parseAmzDate(value: string | string[] | undefined): Date {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(value));
  return new Date(match ? `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z` : Number.NaN);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > maxBodyBytes) throw new Error("The request is too large.");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** The same request with a body that can be read once more. */
function withBody(request: IncomingMessage, body: Buffer): IncomingMessage {
  const { method, url, headers, rawHeaders, httpVersion, socket } = request;
  const replayed = Readable.from(body.length > 0 ? [body] : [], { objectMode: false });
  return Object.assign(replayed, { method, url, headers, rawHeaders, httpVersion, socket, complete: true }) as never;
}

/** A clock that is off. Clients of AWS correct theirs by the reply's date and try again where it has this name. */
class SignatureExpired extends Error {
  constructor() {
    super("Signature expired");
    this.name = "InvalidSignatureException";
  }
}

function refuse(response: ServerResponse, error: Error): void {
  const type = error instanceof SignatureExpired ? error.name : "IncompleteSignatureException";
  const body = JSON.stringify({ __type: type, message: error.message });
  response.writeHead(403, {
    "content-type": "application/x-amz-json-1.0",
    "x-amzn-errortype": type,
    connection: "close",
  });
  response.end(body);
}

/** The hash that the signer asks for: keyed where it is given a secret. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    if (secret === undefined) this.#hash = createHash("sha256");
    else this.#hash = createHmac("sha256", bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error("a hash is used once");
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === "string") return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}
