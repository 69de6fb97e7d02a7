import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { S3Server } from "../../stacks/local/s3/index.ts";
import { filesBelow } from "./evidence.ts";
import { type FileOperation, observeFiles } from "./faults/file-operations.ts";

const Bucket = "media";
const principal = { accessKeyId: "AKID", secretAccessKey: "secret", name: "tester" };
type Contents = Record<string, string>;

async function open(directory: string) {
  const server = new S3Server({
    directory,
    buckets: [{ name: Bucket }],
    principal: () => principal,
    authorize: () => true,
    onError: () => undefined,
  });
  const { url } = await server.listen();
  const client = new S3Client({
    endpoint: url,
    region: "us-east-1",
    credentials: principal,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server.close();
    },
  };
}

/** What one telling knows of its upload in parts. */
type Told = { uploadId?: string | undefined; etags: (string | undefined)[] };

/** What is asked, one after the other, and what is there once it was answered. */
const story: {
  name: string;
  ask(client: S3Client, told: Told): Promise<unknown>;
  afterwards(contents: Contents): Contents;
}[] = [
  put("a", "first"),
  put("a", "the second, which is longer"),
  put("b", "another"),
  {
    name: "tag",
    ask: (client) =>
      client.send(new PutObjectTaggingCommand({ Bucket, Key: "a", Tagging: { TagSet: [{ Key: "k", Value: "v" }] } })),
    afterwards: (contents) => contents,
  },
  {
    name: "copy",
    ask: (client) => client.send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/a` })),
    afterwards: (contents) => ({ ...contents, c: contents.a ?? "" }),
  },
  {
    name: "create upload",
    async ask(client, told) {
      told.uploadId = (await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "m" }))).UploadId;
    },
    afterwards: (contents) => contents,
  },
  part(1, "sent twice"),
  part(1, "the part"),
  {
    name: "complete",
    ask: (client, told) =>
      client.send(
        new CompleteMultipartUploadCommand({
          ...{ Bucket, Key: "m", UploadId: told.uploadId },
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag: told.etags[1] }] },
        }),
      ),
    afterwards: (contents) => ({ ...contents, m: "the part" }),
  },
  {
    name: "abandon another",
    async ask(client) {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "n" }));
      await client.send(new UploadPartCommand({ Bucket, Key: "n", UploadId, PartNumber: 1, Body: "never used" }));
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key: "n", UploadId }));
    },
    afterwards: (contents) => contents,
  },
  {
    name: "delete one",
    ask: (client) => client.send(new DeleteObjectCommand({ Bucket, Key: "b" })),
    afterwards: ({ b: _, ...rest }) => rest,
  },
  {
    name: "delete several",
    ask: (client) =>
      client
        .send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "c" }, { Key: "m" }] } }))
        .then(({ Errors }) => {
          if (Errors?.length) throw new Error("not deleted");
        }),
    afterwards: ({ c: _c, m: _m, ...rest }) => rest,
  },
];

function put(Key: string, Body: string) {
  return {
    name: `put ${Key}`,
    ask: (client: S3Client) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
    afterwards: (contents: Contents) => ({ ...contents, [Key]: Body }),
  };
}

function part(PartNumber: number, Body: string) {
  return {
    name: `part ${PartNumber}`,
    async ask(client: S3Client, { uploadId: UploadId, etags }: Told) {
      etags[PartNumber] = (
        await client.send(new UploadPartCommand({ Bucket, Key: "m", UploadId, PartNumber, Body }))
      ).ETag;
    },
    afterwards: (contents: Contents) => contents,
  };
}

/** Tells the story until it is cut off. @returns what was answered with yes, and what was asked last */
async function tell(client: S3Client): Promise<{ before: Contents; after: Contents }> {
  let before: Contents = {};
  const told: Told = { etags: [] };
  for (const { ask, afterwards } of story) {
    const after = afterwards(before);
    try {
      await ask(client, told);
    } catch {
      return { before, after };
    }
    before = after;
  }
  return { before, after: before };
}

async function contentsOf(client: S3Client): Promise<Contents> {
  const { Contents: listed = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  const read = async (Key: string) =>
    (await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? "";
  return Object.fromEntries(await Promise.all(listed.map(async ({ Key = "" }) => [Key, await read(Key)])));
}

/** Files of the bucket that nothing names. */
async function orphans(directory: string): Promise<string[]> {
  const bucket = join(directory, "buckets", Bucket);
  const named = new Set<string>();
  for (const folder of ["objects", "uploads"]) {
    for (const file of await filesBelow(join(bucket, folder))) {
      const { segments, file: own } = JSON.parse(await readFile(join(bucket, folder, file), "utf8")) as {
        segments?: { file: string }[];
        file?: string;
      };
      for (const name of [...(segments ?? []).map((segment) => segment.file), own ?? ""]) named.add(name);
    }
  }
  return [
    ...(await readdir(join(bucket, "tmp"))),
    ...(await readdir(join(bucket, "data"))).filter((name) => !named.has(name)),
  ];
}

type Death = { at: number; how: "before" | "after" | "torn" };

/** From its n-th operation on, a disk on which nothing happens any more: what is there is what a killed process leaves. */
function dyingDisk(directory: string, { at, how }: Death) {
  let begun = 0;
  let dead = false;
  const gone = () => Object.assign(new Error("the process is dead"), { code: "EIO" });
  const numbers = new WeakMap<FileOperation, number>();
  return observeFiles(directory, {
    before(operation) {
      if (dead) throw gone();
      begun++;
      numbers.set(operation, begun);
      if (begun < at || how === "after") return;
      dead = true;
      throw gone();
    },
    after(operation) {
      if (numbers.get(operation) !== at) return;
      dead = true;
      throw gone();
    },
    torn: (_, sizeBytes) => (!dead && how === "torn" && begun + 1 === at ? Math.floor(sizeBytes / 2) : undefined),
  });
}

async function temporary<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-storage-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The operations of the whole story, in order. */
async function record(directory: string): Promise<string[]> {
  const steps: string[] = [];
  await (await open(directory))[Symbol.asyncDispose]();
  const stop = observeFiles(directory, { before: ({ kind }) => void steps.push(kind), after: () => undefined });
  await using host = await open(directory);
  await tell(host.client);
  stop();
  return steps;
}

describe("the buckets after a process that died at any of its steps", () => {
  it.each(["before", "after", "torn"] as const)("%s it", async (how) => {
    const steps = await temporary(record);
    expect(steps.length).toBeGreaterThan(100);
    const wrong: string[] = [];
    const points = [...steps.entries()].filter(([, kind]) => how !== "torn" || kind === "write").values();
    const tryAll = async () => {
      for (const [index, kind] of points) await temporary((directory) => tryOne(directory, index, kind));
    };
    const tryOne = async (directory: string, index: number, kind: string) => {
      await (await open(directory))[Symbol.asyncDispose]();
      const stop = dyingDisk(directory, { at: index + 1, how });
      const told = await open(directory).then(
        async (host) => {
          const result = await tell(host.client);
          await host[Symbol.asyncDispose]();
          return result;
        },
        () => ({ before: {}, after: {} }),
      );
      stop();
      await using host = await open(directory);
      const found: Contents = await contentsOf(host.client);
      const { before, after }: { before: Contents; after: Contents } = told;
      // Several keys in one request are deleted one by one.
      const allowed = Object.entries({ ...before, ...found }).every(
        ([key]) => found[key] === before[key] || found[key] === after[key],
      );
      const { Uploads = [] } = await host.client.send(new ListMultipartUploadsCommand({ Bucket }));
      for (const { Key, UploadId } of Uploads) {
        await host.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      }
      const left = await orphans(directory);
      if (!allowed || left.length > 0) {
        wrong.push(`${how} ${index + 1} ${kind}: ${Object.keys(found)} for ${Object.keys(before)}, orphans ${left}`);
      }
    };
    // Each has its own directory; what takes long is connections that end.
    await Promise.all(Array.from({ length: 24 }, tryAll));
    expect(wrong).toEqual([]);
  });
});
