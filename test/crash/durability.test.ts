import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { S3Server } from "../../stacks/local/s3/index.ts";
import { StatesService } from "../../stacks/local/states/index.ts";
import { withoutIds } from "./evidence.ts";
import { observeFiles } from "./faults/file-operations.ts";

const Bucket = "media";
const owner = { accessKeyId: "AKID", secretAccessKey: "secret", name: "tester" };

let directory: string;
let stop: (() => void) | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-durability-"));
});
afterEach(async () => {
  stop?.();
  await rm(directory, { recursive: true, force: true });
});

/** What was over, in order, when the work was answered. */
async function doneBefore(work: () => Promise<unknown>): Promise<string[]> {
  const done: string[] = [];
  stop = observeFiles(directory, {
    before: () => undefined,
    after: ({ kind, path }) => void done.push(`${kind} ${withoutIds(relative(directory, path))}`),
  });
  await work();
  const answered = [...done];
  stop();
  return answered;
}

describe("what is on the disk when S3 answers", () => {
  let server: S3Server;
  let client: S3Client;
  beforeEach(async () => {
    server = new S3Server({ directory, buckets: [{ name: Bucket }], principal: () => owner, authorize: () => true });
    const { url } = await server.listen();
    client = new S3Client({
      endpoint: url,
      region: "us-east-1",
      credentials: owner,
      forcePathStyle: true,
      maxAttempts: 1,
    });
  });
  afterEach(async () => {
    client.destroy();
    await server.close();
  });

  const metadata = (folder: string, file: string) => [
    "create buckets/media/tmp/<uuid>",
    "write buckets/media/tmp/<uuid>",
    "sync buckets/media/tmp/<uuid>",
    `rename buckets/media/${folder}/${file}`,
    `sync buckets/media/${folder}`,
  ];
  const bytes = [
    "create buckets/media/data/<uuid>",
    "write buckets/media/data/<uuid>",
    "sync buckets/media/data/<uuid>",
    "sync buckets/media/data",
  ];

  it("PutObject: the bytes and their directory, the metadata, its place and that directory, in this order", async () => {
    const done = await doneBefore(() => client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "bytes" })));
    expect(done).toEqual([...bytes, ...metadata("objects", "<sha256>.json")]);
  });

  it("an upload in parts: each part as it is answered, and the object before its parts are forgotten", async () => {
    const Key = "a";
    let UploadId: string | undefined;
    const created = await doneBefore(async () => {
      ({ UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key })));
    });
    expect(created).toEqual([
      "mkdir buckets/media/uploads/<uuid>",
      ...metadata("uploads/<uuid>", "upload.json"),
      "sync buckets/media/uploads",
    ]);
    let ETag: string | undefined;
    const part = await doneBefore(async () => {
      ({ ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "bytes" })));
    });
    expect(part).toEqual([...bytes, ...metadata("uploads/<uuid>", "1.json")]);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const completed = await doneBefore(() =>
      client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload })),
    );
    expect(completed).toEqual([
      ...metadata("objects", "<sha256>.json"),
      "remove buckets/media/uploads/<uuid>",
      "sync buckets/media/uploads",
    ]);
  });

  it("DeleteObject: the metadata is gone for good before the bytes are", async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "bytes" }));
    const done = await doneBefore(() => client.send(new DeleteObjectCommand({ Bucket, Key: "a" })));
    expect(done).toEqual([
      "remove buckets/media/objects/<sha256>.json",
      "sync buckets/media/objects",
      "remove buckets/media/data/<uuid>",
    ]);
  });
});

describe("what is on the disk when Step Functions answers", () => {
  const task = { Type: "Task", Resource: "arn:aws:lambda:us-east-1:000000000000:function:f", End: true };
  const unused = () => Promise.reject(new Error("not used"));

  it("StartExecution: the first line and the name; a task begins when its line is there", async () => {
    const invoked = Promise.withResolvers<string[]>();
    const seen: string[] = [];
    const done: string[] = [];
    const service = new StatesService({
      directory,
      machines: [{ name: "m", definition: { QueryLanguage: "JSONata", StartAt: "A", States: { A: task } } }],
      invoke: async () => {
        invoked.resolve([...seen]);
        return 1;
      },
      objects: { get: unused, put: unused, async *list() {} },
    });
    stop = observeFiles(directory, {
      before: () => undefined,
      after: ({ kind, path }) => void seen.push(`${kind} ${withoutIds(relative(directory, path))}`),
    });
    await service.open();
    seen.length = 0;
    const { executionArn } = await service.startExecution({ machine: "m", name: "job" });
    done.push(...seen);
    const journal = "executions/job~<hash>.jsonl";
    for (const file of [journal, "index.jsonl"]) {
      expect(done).toContain(`sync ${file}`);
      expect(done.indexOf(`write ${file}`)).toBeLessThan(done.indexOf(`sync ${file}`));
    }
    // A file is only there when its directory says so.
    expect(done.slice(0, 2)).toEqual([`create ${journal}`, "sync executions"]);
    await service.wait(executionArn);
    const before = await invoked.promise;
    expect(before.at(-1)).toBe(`sync ${journal}`);
    // What ended is written down, and kept, before anybody hears of it.
    expect(seen.filter((step) => step.endsWith(journal)).at(-1)).toBe(`sync ${journal}`);
    await service.close();
  });
});
