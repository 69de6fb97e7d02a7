import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { describe, expect, it } from "vitest";
import { objectCalls } from "./s3-objects.ts";
import { expectS3Error, type S3Target } from "./s3-target.ts";

const minPartBytes = 5 * 1024 * 1024;

/** Multipart uploads. */
export function multipartTests(target: () => S3Target, client: () => S3Client): void {
  const { put, get, head, read } = objectCalls(target, client);

  async function begin(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) {
    const Bucket = target().bucket;
    const { UploadId } = await client().send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
    const upload = { Bucket, Key, UploadId: UploadId! };
    return {
      upload,
      part: async (PartNumber: number, Body: Buffer | string): Promise<CompletedPart> => {
        const { ETag } = await client().send(new UploadPartCommand({ ...upload, PartNumber, Body }));
        return { PartNumber, ETag };
      },
      complete: (Parts: CompletedPart[], options: Partial<CompleteMultipartUploadCommandInput> = {}) =>
        client().send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...options })),
      abort: () => client().send(new AbortMultipartUploadCommand(upload)),
    };
  }

  describe("multipart", () => {
    it("joins parts that came in any order", async () => {
      const { part, complete } = await begin("m/joined", { ContentType: "video/mp4", Metadata: { a: "1" } });
      const bodies = [randomBytes(minPartBytes), randomBytes(minPartBytes), randomBytes(1000)];
      const third = await part(9, bodies[2]!);
      const first = await part(1, bodies[0]!);
      const second = await part(2, bodies[1]!);
      const { ETag } = await complete([first, second, third]);
      const md5 = createHash("md5");
      for (const body of bodies) md5.update(createHash("md5").update(body).digest());
      expect(ETag).toBe(`"${md5.digest("hex")}-3"`);
      expect(await head("m/joined")).toMatchObject({ ContentType: "video/mp4", Metadata: { a: "1" }, ETag });
      const whole = Buffer.concat(bodies);
      expect((await read("m/joined")).equals(whole)).toBe(true);
      const across = await read("m/joined", { Range: `bytes=${minPartBytes - 5}-${minPartBytes + 4}` });
      expect(across.equals(whole.subarray(minPartBytes - 5, minPartBytes + 5))).toBe(true);
      expect((await get("m/joined", { PartNumber: 3 })).ContentLength).toBe(1000);
    });

    it("keeps the last body of a part that is sent twice, and drops parts that are not listed", async () => {
      const { part, complete } = await begin("m/again");
      await part(1, "first");
      const second = await part(1, "second");
      await part(2, "unused");
      await complete([second]);
      expect((await read("m/again")).toString()).toBe("second");
    });

    it("answers a repeated completion as the first", async () => {
      const { part, complete } = await begin("m/twice");
      const parts = [await part(1, "x")];
      const first = await complete(parts);
      expect((await complete(parts)).ETag).toBe(first.ETag);
    });

    it("refuses lists of parts that cannot be", async () => {
      const { part, complete, abort } = await begin("m/refused");
      const one = await part(1, "small");
      const two = await part(2, "small");
      await expectS3Error(complete([one, two]), "EntityTooSmall", 400);
      await expectS3Error(complete([two, one]), "InvalidPartOrder", 400);
      await expectS3Error(complete([{ PartNumber: 1, ETag: `"${"0".repeat(32)}"` }]), "InvalidPart", 400);
      await expectS3Error(complete([{ PartNumber: 7, ETag: one.ETag }]), "InvalidPart", 400);
      await expectS3Error(part(10_001, "x"), "InvalidArgument", 400);
      await abort();
      await expectS3Error(complete([one]), "NoSuchUpload", 404);
      await expectS3Error(part(1, "x"), "NoSuchUpload", 404);
      await expectS3Error(head("m/refused"), "NotFound", 404);
    });

    it("completes under conditions", async () => {
      const existing = await put("m/conditional", "z");
      const { part, complete } = await begin("m/conditional");
      const parts = [await part(1, "new")];
      await expectS3Error(complete(parts, { IfNoneMatch: "*" }), "PreconditionFailed", 412);
      await expectS3Error(complete(parts, { IfMatch: '"other"' }), "PreconditionFailed", 412);
      await complete(parts, { IfMatch: existing.ETag });
      expect((await read("m/conditional")).toString()).toBe("new");
    });

    it("lists parts and uploads by pages", async () => {
      const { upload, part, abort } = await begin("mlist/a");
      const other = await begin("mlist/b/c");
      for (const number of [3, 1, 2]) await part(number, `part ${number}`);
      const first = await client().send(new ListPartsCommand({ ...upload, MaxParts: 2 }));
      expect(first.Parts?.map((entry) => entry.PartNumber)).toEqual([1, 2]);
      expect(first.Parts?.[0]?.Size).toBe(6);
      expect(first.IsTruncated).toBe(true);
      const rest = await client().send(
        new ListPartsCommand({ ...upload, PartNumberMarker: first.NextPartNumberMarker }),
      );
      expect(rest.Parts?.map((entry) => entry.PartNumber)).toEqual([3]);

      const where = { Bucket: target().bucket, Prefix: "mlist/" };
      const page = await client().send(new ListMultipartUploadsCommand({ ...where, MaxUploads: 1 }));
      expect(page.Uploads?.map((entry) => entry.UploadId)).toEqual([upload.UploadId]);
      const next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      const following = await client().send(new ListMultipartUploadsCommand({ ...where, ...next }));
      expect(following.Uploads?.map((entry) => entry.Key)).toEqual(["mlist/b/c"]);
      const folder = await client().send(new ListMultipartUploadsCommand({ ...where, Delimiter: "/" }));
      expect(folder.CommonPrefixes).toEqual([{ Prefix: "mlist/b/" }]);
      await abort();
      await other.abort();
      expect((await client().send(new ListMultipartUploadsCommand(where))).Uploads ?? []).toEqual([]);
    });

    it("copies parts", async () => {
      const source = randomBytes(minPartBytes + 100);
      await put("m/source", source);
      const { upload, complete } = await begin("m/of-copies");
      const CopySource = `${target().bucket}/m/source`;
      const copy = async (PartNumber: number, CopySourceRange: string) => {
        const reply = await client().send(
          new UploadPartCopyCommand({ ...upload, PartNumber, CopySource, CopySourceRange }),
        );
        return { PartNumber, ETag: reply.CopyPartResult?.ETag };
      };
      await expectS3Error(copy(1, `bytes=0-${source.length}`), "InvalidArgument", 400);
      await complete([await copy(1, `bytes=0-${minPartBytes - 1}`), await copy(2, "bytes=10-19")]);
      const expected = Buffer.concat([source.subarray(0, minPartBytes), source.subarray(10, 20)]);
      expect((await read("m/of-copies")).equals(expected)).toBe(true);
    });

    it("takes a stream of unknown length from lib-storage", async () => {
      const chunks = Array.from({ length: 11 }, () => randomBytes(1024 * 1024));
      const params = { Bucket: target().bucket, Key: "m/stream", Body: Readable.from(chunks) };
      await new Upload({ client: client(), params }).done();
      expect((await read("m/stream")).equals(Buffer.concat(chunks))).toBe(true);
    });

    it("gives a full-object CRC of parts", async () => {
      const bodies = [randomBytes(minPartBytes), randomBytes(77)];
      const { ChecksumCRC32 } = await put("m/whole", Buffer.concat(bodies), { ChecksumAlgorithm: "CRC32" });
      const { part, complete } = await begin("m/crc", { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
      const reply = await complete([await part(1, bodies[0]!), await part(2, bodies[1]!)]);
      expect(reply.ChecksumCRC32).toBe(ChecksumCRC32);
    });
  });
}
