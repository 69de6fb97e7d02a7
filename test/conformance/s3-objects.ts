import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { clientOf, expectS3Error, type S3Target, sendRaw, signRaw } from "./s3-target.ts";

/** Short forms of the calls that every group makes. */
export function objectCalls(target: () => S3Target, client: () => S3Client) {
  return {
    put: (Key: string, Body: PutObjectCommandInput["Body"], more: Partial<PutObjectCommandInput> = {}) =>
      client().send(new PutObjectCommand({ Bucket: target().bucket, Key, Body, ...more })),
    get: (Key: string, more: Partial<GetObjectCommandInput> = {}) =>
      client().send(new GetObjectCommand({ Bucket: target().bucket, Key, ...more })),
    head: (Key: string, more: Partial<GetObjectCommandInput> = {}) =>
      client().send(new HeadObjectCommand({ Bucket: target().bucket, Key, ...more })),
    async read(Key: string, more: Partial<GetObjectCommandInput> = {}): Promise<Buffer> {
      const reply = await client().send(new GetObjectCommand({ Bucket: target().bucket, Key, ...more }));
      return Buffer.from(await reply.Body!.transformToByteArray());
    },
  };
}

/** Writing, reading, describing, copying and deleting single objects. */
export function objectTests(target: () => S3Target, client: () => S3Client): void {
  const { put, get, head, read } = objectCalls(target, client);

  describe("objects", () => {
    it("stores a buffer with its headers and metadata", async () => {
      await put("o/a.txt", "hello world", {
        ContentType: "text/plain",
        CacheControl: "no-store",
        ContentDisposition: 'attachment; filename="a.txt"',
        ContentLanguage: "en",
        Metadata: { foo: "bar" },
      });
      const reply = await get("o/a.txt");
      expect(await reply.Body!.transformToString()).toBe("hello world");
      expect(reply).toMatchObject({
        ContentType: "text/plain",
        CacheControl: "no-store",
        ContentDisposition: 'attachment; filename="a.txt"',
        ContentLanguage: "en",
        ContentLength: 11,
        Metadata: { foo: "bar" },
        ETag: `"${createHash("md5").update("hello world").digest("hex")}"`,
      });
    });

    it("stores a streamed body without its aws-chunked framing", async () => {
      const bytes = randomBytes(300_000);
      const body = Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]);
      await put("o/stream.bin", body, { ContentLength: bytes.length, ContentEncoding: "gzip" });
      const reply = await get("o/stream.bin");
      expect(Buffer.from(await reply.Body!.transformToByteArray()).equals(bytes)).toBe(true);
      expect(reply.ContentEncoding).toBe("gzip");
      expect(reply.ETag).toBe(`"${createHash("md5").update(bytes).digest("hex")}"`);
    });

    it("stores a streamed body without a checksum", async () => {
      const plain = clientOf(target(), { requestChecksumCalculation: "WHEN_REQUIRED" });
      const bytes = randomBytes(200_000);
      await plain.send(
        new PutObjectCommand({
          Bucket: target().bucket,
          Key: "o/plain.bin",
          Body: Readable.from([bytes]),
          ContentLength: bytes.length,
        }),
      );
      expect((await read("o/plain.bin")).equals(bytes)).toBe(true);
    });

    it("stores an empty object", async () => {
      await put("o/empty", Buffer.alloc(0));
      expect((await get("o/empty")).ContentLength).toBe(0);
      await expectS3Error(get("o/empty", { Range: "bytes=0-" }), "InvalidRange", 416);
    });

    it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)(
      "keeps and returns a %s checksum",
      async (algorithm) => {
        const written = await put(`o/sum-${algorithm}`, "abc", { ChecksumAlgorithm: algorithm });
        const reply = await head(`o/sum-${algorithm}`, { ChecksumMode: "ENABLED" });
        const field = `Checksum${algorithm}` as const;
        expect(reply[field]).toMatch(/=$/);
        expect(reply[field]).toBe(written[field]);
      },
    );

    it("refuses a body that is not what its digests say, and stores nothing", async () => {
      await expectS3Error(put("o/bad", "abc", { ChecksumCRC32: "AAAAAA==" }), "BadDigest", 400);
      await expectS3Error(put("o/bad", "abc", { ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg==" }), "BadDigest", 400);
      const { headers } = signRaw(target(), {
        method: "PUT",
        path: `/${target().bucket}/o/bad`,
        payload: "0".repeat(64),
      });
      const raw = await sendRaw(target().endpoint, {
        method: "PUT",
        path: `/${target().bucket}/o/bad`,
        headers: { ...headers, "content-length": "3" },
        body: "abc",
      });
      expect(raw.status).toBe(400);
      expect(raw.body).toContain("XAmzContentSHA256Mismatch");
      await expectS3Error(head("o/bad"), "NotFound", 404);
    });

    it("wants to know a body's length", async () => {
      const path = `/${target().bucket}/o/unknown-length`;
      const { headers } = signRaw(target(), { method: "PUT", path, payload: "UNSIGNED-PAYLOAD" });
      const raw = await sendRaw(target().endpoint, {
        method: "PUT",
        path,
        headers,
        body: [Buffer.from("a"), Buffer.from("b")],
      });
      expect(raw.status).toBe(411);
      expect(raw.body).toContain("MissingContentLength");
    });

    it("serves ranges", async () => {
      await put("o/range", "hello world");
      expect((await read("o/range", { Range: "bytes=2-4" })).toString()).toBe("llo");
      expect((await read("o/range", { Range: "bytes=-5" })).toString()).toBe("world");
      expect((await read("o/range", { Range: "bytes=-500" })).toString()).toBe("hello world");
      expect((await read("o/range", { Range: "bytes=6-600" })).toString()).toBe("world");
      expect((await get("o/range", { Range: "bytes=6-" })).ContentRange).toBe("bytes 6-10/11");
      await expectS3Error(get("o/range", { Range: "bytes=11-" }), "InvalidRange", 416);
      await expectS3Error(get("o/range", { Range: "bytes=-0" }), "InvalidRange", 416);
    });

    it("reads under conditions", async () => {
      const { ETag } = await put("o/read-if", "1");
      await expectS3Error(get("o/read-if", { IfNoneMatch: ETag }), undefined, 304);
      await expectS3Error(get("o/read-if", { IfMatch: '"x"' }), "PreconditionFailed", 412);
      await expectS3Error(get("o/read-if", { IfModifiedSince: new Date(Date.now() + 60_000) }), undefined, 304);
      await expectS3Error(get("o/read-if", { IfUnmodifiedSince: new Date(0) }), "PreconditionFailed", 412);
      expect((await read("o/read-if", { IfMatch: ETag, IfNoneMatch: '"other"' })).toString()).toBe("1");
    });

    it("overrides response headers", async () => {
      await put("o/override", "1", { ContentType: "text/plain" });
      const reply = await get("o/override", {
        ResponseContentType: "application/x-test",
        ResponseCacheControl: "max-age=1",
      });
      expect(reply).toMatchObject({ ContentType: "application/x-test", CacheControl: "max-age=1" });
    });

    it("writes only where nothing is, with If-None-Match: *", async () => {
      await put("o/create", "1", { IfNoneMatch: "*" });
      await expectS3Error(put("o/create", "2", { IfNoneMatch: "*" }), "PreconditionFailed", 412);
      expect((await read("o/create")).toString()).toBe("1");
    });

    it("writes only over a known version, with If-Match", async () => {
      const { ETag } = await put("o/replace", "1");
      await expectS3Error(put("o/replace", "2", { IfMatch: '"0123"' }), "PreconditionFailed", 412);
      await expectS3Error(put("o/replace-missing", "2", { IfMatch: ETag }), "NoSuchKey", 404);
      await put("o/replace", "3", { IfMatch: ETag });
      expect((await read("o/replace")).toString()).toBe("3");
    });

    it("lets exactly one of twenty racing creators win", async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => put("o/race", String(index), { IfNoneMatch: "*" })),
      );
      const winners = results.flatMap((result, index) => (result.status === "fulfilled" ? [String(index)] : []));
      expect(winners).toHaveLength(1);
      expect((await read("o/race")).toString()).toBe(winners[0]);
    });

    it("never shows a mixture while an object is overwritten", async () => {
      const versions = [Buffer.alloc(400_000, "a"), Buffer.alloc(300_000, "b")];
      await put("o/overwritten", versions[0]);
      const writes = Array.from({ length: 10 }, (_, index) => put("o/overwritten", versions[index % 2]));
      const reads = await Promise.all(Array.from({ length: 20 }, () => read("o/overwritten")));
      await Promise.all(writes);
      expect(reads.every((bytes) => versions.some((version) => version.equals(bytes)))).toBe(true);
    });

    it("copies, with the source's metadata or new", async () => {
      const CopySource = `${target().bucket}/o/${encodeURIComponent("copy source+ü.txt")}`;
      await put("o/copy source+ü.txt", "copied", { ContentType: "text/plain", Metadata: { a: "1" } });
      const base = { Bucket: target().bucket, CopySource };
      await client().send(new CopyObjectCommand({ ...base, Key: "o/copy1" }));
      expect(await head("o/copy1")).toMatchObject({
        ContentType: "text/plain",
        Metadata: { a: "1" },
        ContentLength: 6,
      });
      const fresh = { MetadataDirective: "REPLACE", Metadata: { b: "2" }, ContentType: "text/html" } as const;
      await client().send(new CopyObjectCommand({ ...base, Key: "o/copy2", ...fresh }));
      expect(await head("o/copy2")).toMatchObject({ ContentType: "text/html", Metadata: { b: "2" } });
      const refused = client().send(new CopyObjectCommand({ ...base, Key: "o/copy3", CopySourceIfMatch: '"x"' }));
      await expectS3Error(refused, "PreconditionFailed", 412);
      await expectS3Error(
        client().send(new CopyObjectCommand({ ...base, Key: "o/copy source+ü.txt" })),
        "InvalidRequest",
        400,
      );
    });

    it("deletes one and many", async () => {
      const Bucket = target().bucket;
      await put("o/del1", "x");
      await put("o/del&<2>", "y");
      await client().send(new DeleteObjectCommand({ Bucket, Key: "o/never-was" }));
      const Objects = [{ Key: "o/del1" }, { Key: "o/del&<2>" }, { Key: "o/never-was" }];
      const reply = await client().send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      expect(reply.Deleted?.map((deleted) => deleted.Key)).toEqual(Objects.map((object) => object.Key));
      await expectS3Error(head("o/del1"), "NotFound", 404);
      await expectS3Error(get("o/del&<2>"), "NoSuchKey", 404);
      const quiet = await client().send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      expect(quiet.Deleted ?? []).toEqual([]);
    });

    it("tags", async () => {
      const where = { Bucket: target().bucket, Key: "o/tagged" };
      await put("o/tagged", "x", { Tagging: "a=1&b=two%20words" });
      const TagSet = [{ Key: "k&", Value: "<v>" }];
      const tags = async () => (await client().send(new GetObjectTaggingCommand(where))).TagSet;
      expect(await tags()).toEqual([
        { Key: "a", Value: "1" },
        { Key: "b", Value: "two words" },
      ]);
      await client().send(new PutObjectTaggingCommand({ ...where, Tagging: { TagSet } }));
      expect(await tags()).toEqual(TagSet);
      await client().send(new DeleteObjectTaggingCommand(where));
      expect(await tags()).toEqual([]);
    });

    it("names what is missing", async () => {
      await expectS3Error(get("o/no-key"), "NoSuchKey", 404);
      const elsewhere = client().send(new GetObjectCommand({ Bucket: "no-such-bucket", Key: "x" }));
      await expectS3Error(elsewhere, "NoSuchBucket", 404);
    });

    it("knows its buckets", async () => {
      const Bucket = target().bucket;
      expect((await client().send(new ListBucketsCommand({}))).Buckets?.map((bucket) => bucket.Name)).toContain(Bucket);
      expect((await client().send(new HeadBucketCommand({ Bucket }))).$metadata.httpStatusCode).toBe(200);
      expect((await client().send(new GetBucketLocationCommand({ Bucket }))).$metadata.httpStatusCode).toBe(200);
      await expectS3Error(client().send(new HeadBucketCommand({ Bucket: "no-such-bucket" })), "NotFound", 404);
    });

    it("serves fifty writers and readers at once", async () => {
      const rounds = Array.from({ length: 50 }, async (_, index) => {
        const bytes = randomBytes(64 * 1024);
        await put(`o/parallel/${index}`, bytes);
        return (await read(`o/parallel/${index}`)).equals(bytes);
      });
      expect((await Promise.all(rounds)).every(Boolean)).toBe(true);
    });
  });
}
