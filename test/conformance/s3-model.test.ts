import { createHash } from "node:crypto";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deletePrefix, s3 } from "../../layers/storage/index.ts";
import { openTestS3 } from "../support/s3.ts";

let storage: AsyncDisposable;
beforeAll(async () => {
  storage = await openTestS3();
});
afterAll(() => storage[Symbol.asyncDispose]());

const Bucket = "uploads";
const names = ["a", "a/b", "a/c d", "a/é😀", "a+b", "%41", "b/x/y", "b/x/z"];
const key = fc.constantFrom(...names);
const bytes = fc.uint8Array({ maxLength: 40 });
const place = fc.nat(45);

/** One request. `condition`: only where nothing is, only where what is there is as known, or only where it is something else. */
const request = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    key,
    bytes,
    condition: fc.constantFrom("none", "absent", "match", "stale"),
  }),
  fc.record({ kind: fc.constant("get" as const), key, range: fc.option(fc.tuple(place, place)) }),
  fc.record({ kind: fc.constant("head" as const), key }),
  fc.record({ kind: fc.constant("delete" as const), key }),
  fc.record({ kind: fc.constant("copy" as const), key, from: key }),
  fc.record({
    kind: fc.constant("list" as const),
    prefix: fc.constantFrom("", "a", "a/", "b/", "z"),
    delimiter: fc.constantFrom(undefined, "/"),
    pageSize: fc.integer({ min: 1, max: 5 }),
  }),
);
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;
type Model = Map<string, Buffer>;

const etagOf = (body: Uint8Array) => `"${createHash("md5").update(body).digest("hex")}"`;
const sortedAsBytes = (keys: Iterable<string>) =>
  [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** The reply, or what was refused: the HTTP status. */
async function statusOf<T>(reply: Promise<T>): Promise<T | number> {
  return reply.catch((error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode ?? -1);
}

async function put(model: Model, { key, bytes, condition }: Request & { kind: "put" }): Promise<void> {
  const there = model.get(key);
  const conditions = {
    none: {},
    absent: { IfNoneMatch: "*" },
    match: { IfMatch: etagOf(there ?? Buffer.from("nobody wrote this")) },
    stale: { IfMatch: etagOf(Buffer.from("something else")) },
  } as Record<string, object>;
  const reply = await statusOf(
    s3().send(new PutObjectCommand({ Bucket, Key: key, Body: bytes, ...conditions[condition] })),
  );
  const refused = (condition === "absent" && there) || (condition !== "absent" && condition !== "none" && !there);
  if (refused || condition === "stale") {
    // "If-Match on a key that is not there is 404, a precondition that does not hold is 412."
    expect(reply).toBe(condition === "absent" || there ? 412 : 404);
    return;
  }
  expect(reply).toMatchObject({ ETag: etagOf(bytes) });
  model.set(key, Buffer.from(bytes));
}

async function get(model: Model, { key, range }: Request & { kind: "get" }): Promise<void> {
  const there = model.get(key);
  const [first = 0, second = 0] = range ?? [];
  const [from, to] = [Math.min(first, second), Math.max(first, second)];
  const Range = range ? `bytes=${from}-${to}` : undefined;
  const reply = await statusOf(s3().send(new GetObjectCommand({ Bucket, Key: key, Range })));
  if (!there) return expect(reply).toBe(404);
  if (range && from >= there.length) return expect(reply).toBe(416);
  if (typeof reply === "number") throw new Error(`GET of ${key} was refused: ${reply}`);
  const body = Buffer.from((await reply.Body?.transformToByteArray()) ?? []);
  expect(body).toEqual(range ? there.subarray(from, to + 1) : there);
  expect(reply.ETag).toBe(etagOf(there));
}

async function list(model: Model, { prefix, delimiter, pageSize }: Request & { kind: "list" }): Promise<void> {
  const seen: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const command = { Bucket, Prefix: prefix, Delimiter: delimiter, MaxKeys: pageSize, ContinuationToken };
    const page = await s3().send(new ListObjectsV2Command(command));
    const found = [
      ...(page.Contents ?? []).map(({ Key = "" }) => Key),
      ...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix),
    ];
    expect(found.length).toBeLessThanOrEqual(pageSize);
    seen.push(...found);
    ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
  const matching = [...model.keys()].filter((name) => name.startsWith(prefix));
  const rolledUp = matching.map((name) => {
    const end = delimiter === undefined ? -1 : name.indexOf(delimiter, prefix.length);
    return end < 0 ? name : name.slice(0, end + 1);
  });
  expect(sortedAsBytes(seen)).toEqual(sortedAsBytes(new Set(rolledUp)));
}

async function ask(model: Model, asked: Request): Promise<void> {
  if (asked.kind === "put") return put(model, asked);
  if (asked.kind === "get") return get(model, asked);
  if (asked.kind === "list") return list(model, asked);
  if (asked.kind === "delete") {
    // Whether something was there or not.
    expect((await s3().send(new DeleteObjectCommand({ Bucket, Key: asked.key }))).$metadata.httpStatusCode).toBe(204);
    model.delete(asked.key);
    return;
  }
  if (asked.kind === "head") {
    const there = model.get(asked.key);
    const reply = await statusOf(s3().send(new HeadObjectCommand({ Bucket, Key: asked.key })));
    if (!there) return expect(reply).toBe(404);
    return expect(reply).toMatchObject({ ContentLength: there.length, ETag: etagOf(there) });
  }
  const CopySource = `${Bucket}/${encodeURIComponent(asked.from)}`;
  const copied = model.get(asked.from);
  // Onto itself S3 refuses a copy that changes nothing.
  if (asked.key === asked.from) return;
  const reply = await statusOf(s3().send(new CopyObjectCommand({ Bucket, Key: asked.key, CopySource })));
  if (!copied) return expect(reply).toBe(404);
  expect(reply).toMatchObject({ CopyObjectResult: { ETag: etagOf(copied) } });
  model.set(asked.key, copied);
}

describe("the S3 protocol", () => {
  it("answers any sequence of requests as a map of names to bytes would", async () => {
    const requests = fc.array(request, { minLength: 5, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(requests, async (asked) => {
        await deletePrefix(Bucket, "");
        const model: Model = new Map();
        for (const each of asked) await ask(model, each);
        await list(model, { kind: "list", prefix: "", delimiter: undefined, pageSize: 3 });
        for (const name of names) await get(model, { kind: "get", key: name, range: null });
      }),
      { numRuns: 12 },
    );
  });
});
