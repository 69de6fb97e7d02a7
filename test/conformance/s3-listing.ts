import {
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { objectCalls } from "./s3-objects.ts";
import { expectS3Error, type S3Target, sendRaw, signRaw } from "./s3-target.ts";

/** Listing, and keys that a file system could not hold. */
export function listingTests(target: () => S3Target, client: () => S3Client): void {
  const { put, read, get } = objectCalls(target, client);
  const list = (input: Omit<ListObjectsV2CommandInput, "Bucket">) =>
    client().send(new ListObjectsV2Command({ Bucket: target().bucket, ...input }));
  const keys = async (input: Omit<ListObjectsV2CommandInput, "Bucket">) =>
    ((await list(input)).Contents ?? []).map((object) => object.Key);

  describe("listing", () => {
    it("filters, rolls up and pages", async () => {
      const all = ["l/1", "l/2", "l/sub/3", "l/sub/4", "l/z"];
      for (const key of all) await put(key, key);
      const folder = await list({ Prefix: "l/", Delimiter: "/" });
      expect(folder.Contents?.map((object) => object.Key)).toEqual(["l/1", "l/2", "l/z"]);
      expect(folder.CommonPrefixes).toEqual([{ Prefix: "l/sub/" }]);
      expect(folder.KeyCount).toBe(4);
      expect(await keys({ Prefix: "l/", StartAfter: "l/sub/3" })).toEqual(["l/sub/4", "l/z"]);

      for (const Delimiter of [undefined, "/"]) {
        const seen: (string | undefined)[] = [];
        let ContinuationToken: string | undefined;
        do {
          const page = await list({ Prefix: "l/", MaxKeys: 1, Delimiter, ContinuationToken });
          expect(page.KeyCount).toBe(1);
          seen.push(page.Contents?.[0]?.Key ?? page.CommonPrefixes?.[0]?.Prefix);
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken !== undefined);
        expect(seen).toEqual(Delimiter === undefined ? all : ["l/1", "l/2", "l/sub/", "l/z"]);
      }
    });

    it("answers the first version too", async () => {
      for (const key of ["v1/a", "v1/b/1", "v1/b/2", "v1/c"]) await put(key, key);
      const seen: (string | undefined)[] = [];
      let Marker: string | undefined;
      do {
        const command = new ListObjectsCommand({
          Bucket: target().bucket,
          Prefix: "v1/",
          Delimiter: "/",
          MaxKeys: 1,
          Marker,
        });
        const page = await client().send(command);
        seen.push(page.Contents?.[0]?.Key ?? page.CommonPrefixes?.[0]?.Prefix);
        Marker = page.NextMarker;
      } while (Marker !== undefined);
      expect(seen).toEqual(["v1/a", "v1/b/", "v1/c"]);
    });

    it("lists nothing for max-keys=0 and refuses nonsense", async () => {
      const empty = await list({ MaxKeys: 0 });
      expect({ count: empty.KeyCount, truncated: empty.IsTruncated }).toEqual({ count: 0, truncated: false });
      await expectS3Error(list({ MaxKeys: -1 }), "InvalidArgument", 400);
      await expectS3Error(list({ ContinuationToken: "!" }), "InvalidArgument", 400);
    });
  });

  describe("keys", () => {
    it("orders keys by their UTF-8 bytes", async () => {
      // U+FF5E is smaller than U+1F600 in UTF-8, and greater in UTF-16.
      const ordered = ["u/A", "u/a", "u/~", "u/é", "u/日本", "u/\uff5e", "u/\u{1f600}"];
      for (const key of ordered.toReversed()) await put(key, key);
      expect(await keys({ Prefix: "u/" })).toEqual(ordered);
    });

    it.each([
      "k/sp ace+plus&amp;.txt",
      "k/%41.txt",
      "k/a'b\"c(d)!*.txt",
      "k/back\\slash:colon?question#hash",
      "k//double//slash/",
      "k/ leading and trailing ",
      "k/<xml>]]>&",
      "k/\u{1f600}\u0301",
      `k/${"ü".repeat(511)}`,
    ])("keeps the key %j", async (key) => {
      await put(key, key);
      expect((await read(key)).toString()).toBe(key);
      expect(await keys({ Prefix: key })).toEqual([key]);
    });

    it("keeps a key and a key below it", async () => {
      for (const key of ["tree", "tree/", "tree/leaf", "tree/leaf/deeper"]) await put(key, key);
      for (const key of ["tree", "tree/", "tree/leaf"]) expect((await read(key)).toString()).toBe(key);
      expect(await keys({ Prefix: "tree" })).toEqual(["tree", "tree/", "tree/leaf", "tree/leaf/deeper"]);
    });

    it("tells apart keys that differ by case or by normal form", async () => {
      const variants = ["c/Name", "c/name", "c/\u00e9", "c/e\u0301"];
      for (const key of variants) await put(key, key);
      for (const key of variants) expect((await read(key)).toString()).toBe(key);
    });

    it.each(["/../../../escape", "/..", "/.", "/a/../b", "//", "/nul%00byte", "/%2e%2e/%2e%2e/escape"])(
      "takes %s as an ordinary key",
      async (suffix) => {
        const path = `/${target().bucket}/h${suffix}`;
        const canonical = path.replaceAll("%2e", ".");
        const write = signRaw(target(), { method: "PUT", path: canonical, payload: "UNSIGNED-PAYLOAD" });
        const headers = { ...write.headers, "content-length": "2" };
        expect((await sendRaw(target().endpoint, { method: "PUT", path, headers, body: "ok" })).status).toBe(200);
        const fetch = signRaw(target(), { method: "GET", path: canonical, payload: "UNSIGNED-PAYLOAD" });
        const reply = await sendRaw(target().endpoint, { method: "GET", path, headers: fetch.headers });
        expect(reply.body).toBe("ok");
        const key = decodeURIComponent(`h${suffix}`);
        const listed = (await list({ Prefix: "h", EncodingType: "url" })).Contents?.map((object) =>
          decodeURIComponent(object.Key ?? ""),
        );
        expect(listed).toContain(key);
      },
    );

    it("refuses a key of 1025 bytes and a path that is not UTF-8", async () => {
      await expectS3Error(get("x".repeat(1025)), "KeyTooLongError", 400);
      const reply = await sendRaw(target().endpoint, { method: "GET", path: `/${target().bucket}/%ff` });
      expect(reply.status).toBe(400);
    });
  });
}
