import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3Error } from "./errors.ts";
import { canonicalPath, encodeUriComponent, type Target } from "./uri.ts";

/** Someone who may sign requests. A principal with a session token must send it with every request. */
export type S3Principal = { accessKeyId: string; secretAccessKey: string; sessionToken?: string; name: string };

/** What a verified signature leaves behind: who signed, and what the chunks of a signed stream continue from. */
export type Authentication = {
  principal: S3Principal;
  /** `x-amz-content-sha256`: a hex digest, UNSIGNED-PAYLOAD or a STREAMING-* mode. */
  payloadMode: string;
  presigned: boolean;
  chunkSigning: ChunkSigning;
};

export type ChunkSigning = { key: Buffer; timestamp: string; scope: string; seedSignature: string };

const algorithm = "AWS4-HMAC-SHA256";
/** S3 refuses clocks that are more than 15 minutes off (RequestTimeTooSkewed). */
const maxSkewMs = 15 * 60 * 1000;
/** Presigned URLs live for seven days at most. */
const maxExpiresSeconds = 7 * 24 * 60 * 60;

export function hmacSha256(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

export type CredentialScope = { accessKeyId: string; date: string; region: string; scope: string };

/** `AKID/20260101/us-east-1/s3/aws4_request`. Access key ids hold no slash. */
export function parseCredential(credential: string): CredentialScope | undefined {
  const match = /^([^/\s]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/s3\/aws4_request$/.exec(credential);
  if (match === null) return undefined;
  const [, accessKeyId = "", date = "", region = ""] = match;
  return { accessKeyId, date, region, scope: `${date}/${region}/s3/aws4_request` };
}

export function signingKey(secretAccessKey: string, scope: CredentialScope): Buffer {
  const ofDate = hmacSha256(`AWS4${secretAccessKey}`, scope.date);
  return hmacSha256(hmacSha256(hmacSha256(ofDate, scope.region), "s3"), "aws4_request");
}

/** Compares signatures in constant time. */
export function sameSignature(expectedHex: string, givenHex: string): boolean {
  const expected = Buffer.from(expectedHex, "hex");
  const given = Buffer.from(givenHex, "hex");
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** `20260101T120000Z` → milliseconds since 1970, or NaN. */
export function parseAmzDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

type Claim = {
  credential: string;
  signedHeaders: string[];
  signature: string;
  timestamp: string;
  payloadMode: string;
  securityToken: string | undefined;
};

function claimInHeader(request: IncomingMessage): Claim {
  const { headers } = request;
  const authorization = headers.authorization ?? "";
  if (!authorization.startsWith(algorithm)) {
    throw new S3Error(
      "InvalidRequest",
      `The authorization mechanism you have provided is not supported. Use ${algorithm}.`,
    );
  }
  const match = /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
    authorization,
  );
  if (match === null) throw new S3Error("AuthorizationHeaderMalformed");
  const [, credential = "", signedHeaders = "", signature = ""] = match;
  const payloadMode = headers["x-amz-content-sha256"];
  if (typeof payloadMode !== "string") {
    throw new S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  return {
    credential,
    signedHeaders: signedHeaders.split(";"),
    signature,
    timestamp: String(headers["x-amz-date"] ?? ""),
    payloadMode,
    securityToken: headers["x-amz-security-token"]?.toString(),
  };
}

function claimInQuery(request: IncomingMessage, { query }: Target): Claim & { expiresSeconds: number } {
  if (query.get("X-Amz-Algorithm") !== algorithm) {
    throw new S3Error("AuthorizationQueryParametersError", `X-Amz-Algorithm only supports "${algorithm}".`);
  }
  const expiresSeconds = Number(query.get("X-Amz-Expires") ?? Number.NaN);
  if (!(Number.isInteger(expiresSeconds) && expiresSeconds > 0 && expiresSeconds <= maxExpiresSeconds)) {
    throw new S3Error("AuthorizationQueryParametersError", "X-Amz-Expires must be from 1 to 604800 seconds.");
  }
  return {
    credential: query.get("X-Amz-Credential") ?? "",
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: query.get("X-Amz-Signature") ?? "",
    timestamp: query.get("X-Amz-Date") ?? "",
    payloadMode:
      query.get("X-Amz-Content-Sha256") ?? request.headers["x-amz-content-sha256"]?.toString() ?? "UNSIGNED-PAYLOAD",
    securityToken: query.get("X-Amz-Security-Token"),
    expiresSeconds,
  };
}

/** The canonical request of the SigV4 specification, "Create a canonical request". */
function canonicalRequest(request: IncomingMessage, target: Target, claim: Claim): string {
  const query = target.query.pairs
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encodeUriComponent(name), encodeUriComponent(value)] as const)
    .sort(([aName, aValue], [bName, bValue]) =>
      aName === bName ? (aValue < bValue ? -1 : aValue > bValue ? 1 : 0) : aName < bName ? -1 : 1,
    )
    .map((pair) => pair.join("="))
    .join("&");
  const headers = claim.signedHeaders.map((name) => {
    const values = request.headersDistinct[name] ?? [];
    return `${name}:${values.map((value) => value.trim().replace(/ +/g, " ")).join(",")}\n`;
  });
  return [
    request.method,
    canonicalPath(target.rawPath),
    query,
    headers.join(""),
    claim.signedHeaders.join(";"),
    claim.payloadMode,
  ].join("\n");
}

/**
 * A header added to a signed request would act with the signer's authority (`x-amz-copy-source` on a presigned PUT reads another
 * object), so S3 wants every x-amz-* header signed, and so do we.
 */
function assertHeadersSigned(request: IncomingMessage, claim: Claim): void {
  if (!claim.signedHeaders.includes("host")) throw new S3Error("AccessDenied", "The host header must be signed.");
  const unsigned = Object.keys(request.headers).filter(
    (name) => name.startsWith("x-amz-") && name !== "x-amz-content-sha256" && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw new S3Error("AccessDenied", "There were headers present in the request which were not signed", {
      details: { HeadersNotSigned: unsigned.join(", ") },
    });
  }
}

function assertFresh(claim: Claim & { expiresSeconds?: number }, nowMs: number): void {
  const signedMs = parseAmzDate(claim.timestamp);
  if (Number.isNaN(signedMs)) {
    throw new S3Error("AccessDenied", "The request must carry a valid x-amz-date (YYYYMMDD'T'HHMMSS'Z').");
  }
  if (claim.expiresSeconds === undefined) {
    if (Math.abs(nowMs - signedMs) > maxSkewMs) {
      throw new S3Error("RequestTimeTooSkewed", undefined, {
        details: {
          RequestTime: claim.timestamp,
          ServerTime: new Date(nowMs).toISOString(),
          MaxAllowedSkewMilliseconds: maxSkewMs,
        },
      });
    }
    return;
  }
  if (signedMs - nowMs > maxSkewMs) throw new S3Error("AccessDenied", "Request is not yet valid");
  const expiresMs = signedMs + claim.expiresSeconds * 1000;
  if (nowMs > expiresMs) {
    throw new S3Error("AccessDenied", "Request has expired", {
      details: { Expires: new Date(expiresMs).toISOString(), ServerTime: new Date(nowMs).toISOString() },
    });
  }
}

/** A principal with a session token must show it; one without must not show any. */
export function assertSessionToken(principal: S3Principal, token: string | undefined): void {
  const same =
    principal.sessionToken === undefined
      ? token === undefined
      : token !== undefined && sameSignature(sha256Hex(principal.sessionToken), sha256Hex(token));
  if (!same) throw new S3Error("InvalidToken");
}

/**
 * Verifies AWS Signature Version 4 in the Authorization header or in the query string (presigned URL).
 * Reference: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference. Any region is accepted in the scope.
 */
export function authenticate(
  request: IncomingMessage,
  target: Target,
  findPrincipal: (accessKeyId: string) => S3Principal | undefined,
  nowMs = Date.now(),
): Authentication {
  const inQuery = target.query.has("X-Amz-Algorithm") || target.query.has("X-Amz-Signature");
  const inHeader = request.headers.authorization !== undefined;
  if (inQuery && inHeader) throw new S3Error("InvalidArgument", "Only one auth mechanism allowed.");
  if (!inQuery && !inHeader) throw new S3Error("AccessDenied", "Anonymous access is not allowed: sign the request.");
  const claim = inQuery ? claimInQuery(request, target) : claimInHeader(request);

  const scope = parseCredential(claim.credential);
  if (scope === undefined || !claim.timestamp.startsWith(scope.date)) {
    throw new S3Error(inQuery ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed");
  }
  const principal = findPrincipal(scope.accessKeyId);
  if (principal === undefined) throw new S3Error("InvalidAccessKeyId");
  assertHeadersSigned(request, claim);

  const key = signingKey(principal.secretAccessKey, scope);
  const canonical = canonicalRequest(request, target, claim);
  // Node reads header bytes as Latin-1; clients sign either that text's UTF-8 form or the bytes as they were sent.
  const matches = (["utf8", "latin1"] as const).some((encoding) => {
    const hash = sha256Hex(Buffer.from(canonical, encoding));
    const expected = hmacSha256(key, `${algorithm}\n${claim.timestamp}\n${scope.scope}\n${hash}`).toString("hex");
    return sameSignature(expected, claim.signature);
  });
  if (!matches) throw new S3Error("SignatureDoesNotMatch");
  assertFresh(claim, nowMs);
  assertSessionToken(principal, claim.securityToken);

  return {
    principal,
    payloadMode: claim.payloadMode,
    presigned: inQuery,
    chunkSigning: { key, timestamp: claim.timestamp, scope: scope.scope, seedSignature: claim.signature },
  };
}
