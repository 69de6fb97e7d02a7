import { DeleteBucketCorsCommand, GetBucketCorsCommand, PutBucketCorsCommand, type S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { objectCalls } from "./s3-objects.ts";
import { expectS3Error, type S3Target, signPost } from "./s3-target.ts";

const origin = "https://page.example";

/** What browsers need: CORS, and uploads by form. */
export function browserTests(target: () => S3Target, client: () => S3Client): void {
  const { read, head } = objectCalls(target, client);
  const url = () => `${target().endpoint}/${target().bucket}`;

  describe("CORS", () => {
    const preflight = (method: string, requestHeaders: string, from = origin) =>
      fetch(`${url()}/any`, {
        method: "OPTIONS",
        headers: {
          origin: from,
          "access-control-request-method": method,
          "access-control-request-headers": requestHeaders,
        },
      });

    it("follows the bucket's rules", async () => {
      const rule = {
        AllowedOrigins: ["https://*.example"],
        AllowedMethods: ["GET", "PUT"],
        AllowedHeaders: ["content-type", "x-amz-*"],
        ExposeHeaders: ["ETag"],
        MaxAgeSeconds: 600,
      };
      const Bucket = target().bucket;
      await client().send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));
      expect((await client().send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toEqual([rule]);

      const allowed = await preflight("PUT", "content-type,x-amz-checksum-crc32");
      expect(allowed.status).toBe(200);
      expect(Object.fromEntries(allowed.headers)).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, PUT",
        "access-control-allow-headers": "content-type, x-amz-checksum-crc32",
        "access-control-max-age": "600",
      });
      expect((await preflight("PUT", "authorization")).status).toBe(403);
      expect((await preflight("DELETE", "")).status).toBe(403);
      expect((await preflight("PUT", "", "https://page.example.evil")).status).toBe(403);

      // Errors carry the headers too: without them a page cannot read why it was refused.
      const refused = await fetch(`${url()}/any`, { headers: { origin } });
      expect(refused.status).toBe(403);
      expect(refused.headers.get("access-control-allow-origin")).toBe(origin);
      expect(refused.headers.get("access-control-expose-headers")).toBe("ETag");
      const stranger = await fetch(`${url()}/any`, { headers: { origin: "https://other.test" } });
      expect(stranger.headers.get("access-control-allow-origin")).toBe(null);
      await client().send(new DeleteBucketCorsCommand({ Bucket }));
    });
  });

  describe("presigned POST", () => {
    type Form = { key?: string; conditions?: unknown[]; fields?: Record<string, string>; expiresInSeconds?: number };

    async function post(file: Blob, form: Form = {}, change: (data: FormData) => void = () => undefined) {
      const fields = { key: form.key ?? "post/key", ...form.fields };
      const conditions = form.conditions ?? [["eq", "$key", fields.key]];
      const { expiresInSeconds = 60 } = form;
      const data = new FormData();
      const signed = signPost(target(), { conditions, fields, expiresInSeconds });
      for (const [name, value] of Object.entries(signed)) data.append(name, value);
      data.append("file", file, "my file.mp4");
      change(data);
      const reply = await fetch(url(), { method: "POST", body: data, redirect: "manual" });
      return { status: reply.status, text: await reply.text(), headers: reply.headers };
    }

    it("stores a form's file with its fields", async () => {
      const reply = await post(new Blob(["hi"], { type: "video/mp4" }), {
        key: "post/u/$" + "{filename}",
        conditions: [
          ["starts-with", "$key", "post/u/"],
          ["content-length-range", 1, 10],
          ["starts-with", "$Content-Type", "video/"],
          { success_action_status: "201" },
          { "x-amz-meta-a": "b" },
        ],
        fields: { "Content-Type": "video/mp4", success_action_status: "201", "x-amz-meta-a": "b" },
      });
      expect(reply.status).toBe(201);
      expect(reply.text).toContain("<Key>post/u/my file.mp4</Key>");
      expect((await read("post/u/my file.mp4")).toString()).toBe("hi");
      expect(await head("post/u/my file.mp4")).toMatchObject({ ContentType: "video/mp4", Metadata: { a: "b" } });
    });

    it("answers 204 and stores bytes that look like boundaries", async () => {
      const bytes = `\r\n--\r\n----WebKit\r\n${"\r\n-".repeat(30_000)}`;
      expect((await post(new Blob([bytes]))).status).toBe(204);
      expect((await read("post/key")).toString()).toBe(bytes);
    });

    it.each([
      ["more than the policy's size", "EntityTooLarge", 400, [["content-length-range", 0, 10]]],
      ["less than the policy's size", "EntityTooSmall", 400, [["content-length-range", 500_001, 600_000]]],
      ["another prefix", "AccessDenied", 403, [["starts-with", "$key", "elsewhere/"]]],
      ["another bucket", "AccessDenied", 403, [{ bucket: "another" }]],
    ])("refuses %s", async (_, code, status, conditions) => {
      const reply = await post(new Blob(["x".repeat(500_000)]), {
        key: "post/refused",
        conditions: [["starts-with", "$key", ""], ...conditions],
      });
      expect(reply.status).toBe(status);
      expect(reply.text).toContain(`<Code>${code}</Code>`);
      await expectS3Error(head("post/refused"), "NotFound", 404);
    });

    it("refuses what was not signed", async () => {
      const file = new Blob(["x"]);
      expect((await post(file, { expiresInSeconds: -1 })).text).toContain("Policy expired");
      expect((await post(file, {}, (data) => data.set("x-amz-signature", "0".repeat(64)))).text).toContain(
        "SignatureDoesNotMatch",
      );
      expect((await post(file, {}, (data) => data.set("key", "post/other"))).status).toBe(403);
      expect((await post(file, {}, (data) => data.delete("policy"))).status).toBe(403);
      expect((await post(file, {}, (data) => data.delete("file"))).status).toBe(400);
      const extra = await post(file, { fields: { "x-amz-meta-sneaked": "in" } });
      expect(extra.text).toContain("Extra input fields: x-amz-meta-sneaked");
    });
  });
}
