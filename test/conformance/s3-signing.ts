import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, it } from "vitest";
import { objectCalls } from "./s3-objects.ts";
import {
  clientOf,
  expectS3Error,
  hmac,
  type RawResponse,
  type S3Target,
  sendRaw,
  sha256,
  signRaw,
} from "./s3-target.ts";

/** Who may come in: signatures in headers, in URLs and in chunks. */
export function signingTests(target: () => S3Target, client: () => S3Client): void {
  const { put, get, read, head } = objectCalls(target, client);
  const getUrl = (Key: string, options = {}) =>
    getSignedUrl(client(), new GetObjectCommand({ Bucket: target().bucket, Key }), { expiresIn: 60, ...options });

  describe("signatures", () => {
    it("refuses a wrong secret, an unknown key, an anonymous request and a foreign token", async () => {
      await put("s/a", "x");
      const { accessKeyId, secretAccessKey } = target().credentials;
      const as = (credentials: S3Target["credentials"]) =>
        clientOf(target(), { credentials }).send(new GetObjectCommand({ Bucket: target().bucket, Key: "s/a" }));
      await expectS3Error(as({ ...target().credentials, secretAccessKey: "wrong" }), "SignatureDoesNotMatch", 403);
      await expectS3Error(as({ accessKeyId: "NOBODY", secretAccessKey }), "InvalidAccessKeyId", 403);
      await expectS3Error(as({ accessKeyId, secretAccessKey, sessionToken: "another token" }), "InvalidToken", 400);
      const anonymous = await fetch(`${target().endpoint}/${target().bucket}/s/a`);
      expect(anonymous.status).toBe(403);
      expect(await anonymous.text()).toMatch(/<Code>AccessDenied<\/Code>.*<RequestId>/);
    });

    it("refuses a clock that is more than 15 minutes off", async () => {
      for (const offsetMs of [-16 * 60_000, 16 * 60_000]) {
        const path = `/${target().bucket}/s/a`;
        const date = new Date(Date.now() + offsetMs);
        const { headers } = signRaw(target(), { method: "GET", path, payload: "UNSIGNED-PAYLOAD", date });
        const reply = await sendRaw(target().endpoint, { method: "GET", path, headers });
        expect(reply.status).toBe(403);
        expect(reply.body).toContain("RequestTimeTooSkewed");
      }
    });

    it("refuses an x-amz header that was not signed", async () => {
      const path = `/${target().bucket}/s/unsigned-header`;
      const { headers } = signRaw(target(), { method: "PUT", path, payload: "UNSIGNED-PAYLOAD" });
      const added = { ...headers, "content-length": "0", "x-amz-copy-source": `/${target().bucket}/s/a` };
      const reply = await sendRaw(target().endpoint, { method: "PUT", path, headers: added });
      expect(reply.status).toBe(403);
      expect(reply.body).toContain("HeadersNotSigned");
    });
  });

  describe("presigned URLs", () => {
    it("read", async () => {
      await put("s/get", "hello");
      const command = new GetObjectCommand({
        Bucket: target().bucket,
        Key: "s/get",
        ResponseContentDisposition: 'attachment; filename="x y.txt"',
      });
      const reply = await fetch(await getSignedUrl(client(), command, { expiresIn: 60 }));
      expect(await reply.text()).toBe("hello");
      expect(reply.headers.get("content-disposition")).toBe('attachment; filename="x y.txt"');
    });

    it("write, also when the SDK signed the checksum of an empty body into them", async () => {
      for (const requestChecksumCalculation of ["WHEN_SUPPORTED", "WHEN_REQUIRED"] as const) {
        const signer = clientOf(target(), { requestChecksumCalculation });
        const command = new PutObjectCommand({ Bucket: target().bucket, Key: "s/put", Metadata: { a: "b" } });
        const url = await getSignedUrl(signer, command, { expiresIn: 60 });
        const reply = await fetch(url, { method: "PUT", body: `by ${requestChecksumCalculation}` });
        expect(reply.status).toBe(200);
        expect((await read("s/put")).toString()).toBe(`by ${requestChecksumCalculation}`);
        expect((await head("s/put")).Metadata).toEqual({ a: "b" });
      }
    });

    it("write parts", async () => {
      const where = { Bucket: target().bucket, Key: "s/part" };
      const { UploadId } = await client().send(new CreateMultipartUploadCommand(where));
      const command = new UploadPartCommand({ ...where, UploadId, PartNumber: 1 });
      const reply = await fetch(await getSignedUrl(client(), command, { expiresIn: 60 }), {
        method: "PUT",
        body: "part",
      });
      const Parts = [{ PartNumber: 1, ETag: reply.headers.get("etag") ?? "" }];
      await client().send(new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload: { Parts } }));
      expect((await read("s/part")).toString()).toBe("part");
    });

    it("are good for what was signed only", async () => {
      await put("s/one", "1");
      await put("s/two", "2");
      const url = await getUrl("s/one");
      const put2 = { method: "PUT", body: "x" };
      expect((await fetch(url.replace(/X-Amz-Signature=..../, "X-Amz-Signature=0000"))).status).toBe(403);
      expect((await fetch(url.replace("s/one", "s/two"))).status).toBe(403);
      expect((await fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))).status).toBe(403);
      expect((await fetch(`${url}&response-content-type=text/html`)).status).toBe(403);
      expect((await fetch(url, put2)).status).toBe(403);
      expect((await fetch(url, { headers: { "x-amz-meta-a": "b" } })).status).toBe(403);
      expect((await fetch(url)).status).toBe(200);
    });

    it("expire, and begin", async () => {
      const at = (offsetMs: number) => ({ expiresIn: 1, signingDate: new Date(Date.now() + offsetMs) });
      const expired = await fetch(await getUrl("s/one", at(-60_000)));
      expect({ status: expired.status, text: await expired.text() }).toMatchObject({
        status: 403,
        text: expect.stringContaining("Request has expired"),
      });
      expect((await fetch(await getUrl("s/one", at(3_600_000)))).status).toBe(403);
    });
  });

  describe("signed chunks", () => {
    type Tampering = { chunk?: (wire: string) => string; trailer?: string };

    /** PUTs two signed chunks and a signed trailer, as the specification's examples do. */
    async function putSigned(key: string, tampering: Tampering = {}): Promise<RawResponse> {
      const path = `/${target().bucket}/${key}`;
      const chunks = ["a".repeat(70_000), "the rest", ""];
      const data = chunks.join("");
      const signed = signRaw(target(), {
        method: "PUT",
        path,
        payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        headers: { "x-amz-trailer": "x-amz-checksum-sha256", "x-amz-decoded-content-length": String(data.length) },
      });
      let previous = signed.signature;
      const sign = (label: string, payload: string) => {
        const text = [label, signed.timestamp, signed.scope, previous, payload].join("\n");
        previous = hmac(signed.key, text).toString("hex");
        return previous;
      };
      const wire = chunks.map((chunk) => {
        const signature = sign("AWS4-HMAC-SHA256-PAYLOAD", `${sha256("")}\n${sha256(chunk)}`);
        const header = `${chunk.length.toString(16)};chunk-signature=${signature}\r\n`;
        return chunk === "" ? header : `${header}${chunk}\r\n`;
      });
      const checksum = tampering.trailer ?? createHash("sha256").update(data).digest("base64");
      const trailer = sign("AWS4-HMAC-SHA256-TRAILER", sha256(`x-amz-checksum-sha256:${checksum}\n`));
      const text = `${wire.join("")}x-amz-checksum-sha256:${checksum}\r\nx-amz-trailer-signature:${trailer}\r\n\r\n`;
      const body = Buffer.from(tampering.chunk?.(text) ?? text);
      const headers = { ...signed.headers, "content-length": String(body.length) };
      return await sendRaw(target().endpoint, { method: "PUT", path, headers, body });
    }

    it("are verified and stored", async () => {
      expect((await putSigned("s/chunks")).status).toBe(200);
      expect((await read("s/chunks")).toString()).toBe(`${"a".repeat(70_000)}the rest`);
    });

    it("are refused when a byte of data or of a signature changed", async () => {
      const swapped = await putSigned("s/tampered", { chunk: (wire) => wire.replace("the rest", "the test") });
      expect(swapped.status).toBe(403);
      expect(swapped.body).toContain("SignatureDoesNotMatch");
      const cut = await putSigned("s/tampered", {
        chunk: (wire) => wire.replace(/chunk-signature=../, "chunk-signature=00"),
      });
      expect(cut.status).toBe(403);
      const wrongSum = await putSigned("s/tampered", { trailer: createHash("sha256").digest("base64") });
      expect(wrongSum.body).toContain("BadDigest");
      await expectS3Error(get("s/tampered"), "NoSuchKey", 404);
    });
  });
}
