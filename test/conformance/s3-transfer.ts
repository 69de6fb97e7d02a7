import { request as httpRequest } from "node:http";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, it } from "vitest";
import { objectCalls } from "./s3-objects.ts";
import { clientOf, expectS3Error, type S3Target, sendRaw, signRaw } from "./s3-target.ts";

/** How bodies travel: broken connections, 100-continue, answers that come before the body ends. */
export function transferTests(target: () => S3Target, client: () => S3Client): void {
  const { put, head, read } = objectCalls(target, client);

  /** Sends the headers with Expect, and the body only when asked to. */
  function expectContinue(path: string, headers: Record<string, string>, body: string) {
    const { hostname, port } = new URL(target().endpoint);
    return new Promise<{ continued: boolean; status: number }>((resolve, reject) => {
      let continued = false;
      const all = { ...headers, expect: "100-continue", "content-length": String(body.length) };
      const request = httpRequest({ hostname, port, method: "PUT", path, headers: all }, (response) => {
        response.resume();
        response.on("end", () => resolve({ continued, status: response.statusCode ?? 0 }));
        if (!continued) request.destroy();
      });
      request.on("continue", () => {
        continued = true;
        request.end(body);
      });
      request.on("error", reject);
      request.flushHeaders();
    });
  }

  describe("transfer", () => {
    it("asks for the body only after the signature and the conditions hold", async () => {
      const path = `/${target().bucket}/t/continue`;
      const sign = (headers: Record<string, string>) =>
        signRaw(target(), { method: "PUT", path, payload: "UNSIGNED-PAYLOAD", headers }).headers;
      expect(await expectContinue(path, sign({ "if-none-match": "*" }), "body")).toEqual({
        continued: true,
        status: 200,
      });
      expect(await expectContinue(path, sign({ "if-none-match": "*" }), "body")).toEqual({
        continued: false,
        status: 412,
      });
      const forged = { ...sign({}), authorization: (sign({}).authorization ?? "").replace(/.{8}$/, "00000000") };
      expect(await expectContinue(path, forged, "body")).toEqual({ continued: false, status: 403 });
    });

    it("lets a client that sends its body at once read why it was refused", async () => {
      await put("t/refused", "x");
      const path = `/${target().bucket}/t/refused`;
      const body = Buffer.alloc(4 * 1024 * 1024);
      const { headers } = signRaw(target(), {
        method: "PUT",
        path,
        payload: "UNSIGNED-PAYLOAD",
        headers: { "if-none-match": "*" },
      });
      const all = { ...headers, "content-length": String(body.length) };
      const reply = await sendRaw(target().endpoint, { method: "PUT", path, headers: all, body });
      expect(reply.status).toBe(412);
      expect(reply.body).toContain("PreconditionFailed");
    });

    it("keeps nothing of an upload that was cut off", async () => {
      const command = new PutObjectCommand({ Bucket: target().bucket, Key: "t/cut" });
      const signer = clientOf(target(), { requestChecksumCalculation: "WHEN_REQUIRED" });
      const url = await getSignedUrl(signer, command);
      await new Promise<void>((resolve) => {
        const request = httpRequest(url, { method: "PUT", headers: { "content-length": 1_000_000 } });
        request.on("error", () => undefined);
        request.on("close", () => resolve());
        request.write(Buffer.alloc(1000), () => request.destroy());
      });
      await expectS3Error(head("t/cut"), "NotFound", 404);
    });

    it("answers in XML to what it does not offer", async () => {
      const path = `/${target().bucket}/t/x`;
      const { headers } = signRaw(target(), { method: "PATCH", path, payload: "UNSIGNED-PAYLOAD" });
      const reply = await sendRaw(target().endpoint, { method: "PATCH", path, headers });
      expect(reply.status).toBe(405);
      expect(reply.body).toMatch(/<Error><Code>MethodNotAllowed<\/Code><Message>/);
    });

    it("refuses XML with a document type", async () => {
      const path = `/${target().bucket}/t/doctype`;
      await put("t/doctype", "x");
      const body = '<!DOCTYPE a [<!ENTITY b "c">]><Tagging><TagSet/></Tagging>';
      const reply = await fetchSigned(`${path}?tagging`, body);
      expect(reply.status).toBe(400);
      expect(reply.body).toContain("MalformedXML");
      expect((await read("t/doctype")).toString()).toBe("x");
    });
  });

  /** PUTs a body with one value-less query parameter. */
  async function fetchSigned(pathAndQuery: string, body: string) {
    const [path = "", parameter = ""] = pathAndQuery.split("?");
    const { headers } = signRaw(target(), { method: "PUT", path, payload: "UNSIGNED-PAYLOAD", query: `${parameter}=` });
    const all = { ...headers, "content-length": String(Buffer.byteLength(body)) };
    return await sendRaw(target().endpoint, { method: "PUT", path: pathAndQuery, headers: all, body });
  }
}
