import { createHash, createHmac } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { expect } from "vitest";

/** An S3-compatible store under test: an empty bucket, and who may use it. */
export type S3Target = {
  endpoint: string;
  region: string;
  bucket: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  close(): Promise<void>;
};

/** The ordinary SDK client, without repetitions that would hide a fault. */
export function clientOf(target: S3Target, options: S3ClientConfig = {}): S3Client {
  const { endpoint, region, credentials } = target;
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1, ...options });
}

/** Expects the SDK call to fail with this code and HTTP status. A 304 has no body and so no code. */
export async function expectS3Error(call: Promise<unknown>, name: string | undefined, status: number): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason) => reason,
  );
  expect({ name: name && error?.name, status: error?.$metadata?.httpStatusCode }).toEqual({ name, status });
}

export type RawResponse = { status: number; headers: IncomingHttpHeaders; body: string };

export type RawRequest = {
  method: string;
  /** Sent as it is: nothing is normalised. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer | Buffer[];
};

/** Sends a request byte by byte as given, which fetch and the SDK would refuse to. */
export function sendRaw(endpoint: string, raw: RawRequest): Promise<RawResponse> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, method: raw.method, path: raw.path, headers: raw.headers ?? {} },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    request.on("error", reject);
    for (const piece of Array.isArray(raw.body) ? raw.body : [raw.body ?? ""])
      if (piece.length > 0) request.write(piece);
    request.end();
  });
}

export const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
export const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

export type Signed = {
  headers: Record<string, string>;
  key: Buffer;
  timestamp: string;
  scope: string;
  signature: string;
};

/**
 * An independent SigV4 signature over a raw request with its host, its x-amz-* headers and those named. `path` and `query` must already be encoded as S3
 * canonicalises them.
 */
export function signRaw(
  target: S3Target,
  request: {
    method: string;
    path: string;
    payload: string;
    headers?: Record<string, string>;
    date?: Date;
    query?: string;
  },
): Signed {
  const timestamp = (request.date ?? new Date()).toISOString().replace(/[-:]|\.\d+/g, "");
  const day = timestamp.slice(0, 8);
  const scope = `${day}/${target.region}/s3/aws4_request`;
  const headers: Record<string, string> = {
    ...request.headers,
    host: new URL(target.endpoint).host,
    "x-amz-content-sha256": request.payload,
    "x-amz-date": timestamp,
    ...(target.credentials.sessionToken === undefined
      ? {}
      : { "x-amz-security-token": target.credentials.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    request.path,
    request.query ?? "",
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    request.payload,
  ].join("\n");
  const ofDate = hmac(`AWS4${target.credentials.secretAccessKey}`, day);
  const key = hmac(hmac(hmac(ofDate, target.region), "s3"), "aws4_request");
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`).toString("hex");
  const credential = `${target.credentials.accessKeyId}/${scope}`;
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { headers, key, timestamp, scope, signature };
}

/** The fields of a presigned POST form. */
export function signPost(
  target: S3Target,
  options: { conditions: unknown[]; fields: Record<string, string>; expiresInSeconds?: number },
): Record<string, string> {
  const expires = new Date(Date.now() + (options.expiresInSeconds ?? 60) * 1000);
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const day = timestamp.slice(0, 8);
  const token = target.credentials.sessionToken;
  const proof: Record<string, string> = {
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": `${target.credentials.accessKeyId}/${day}/${target.region}/s3/aws4_request`,
    "x-amz-date": timestamp,
    ...(token === undefined ? {} : { "x-amz-security-token": token }),
  };
  const conditions = [
    { bucket: target.bucket },
    ...options.conditions,
    ...Object.entries(proof).map(([name, value]) => ({ [name]: value })),
  ];
  const policy = Buffer.from(JSON.stringify({ expiration: expires.toISOString(), conditions })).toString("base64");
  const ofDate = hmac(`AWS4${target.credentials.secretAccessKey}`, day);
  const key = hmac(hmac(hmac(ofDate, target.region), "s3"), "aws4_request");
  return { ...options.fields, ...proof, policy, "x-amz-signature": hmac(key, policy).toString("hex") };
}
