import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ObjectEvent, S3Server, type S3ServerOptions } from "./index.ts";

const principal = { accessKeyId: "AKID", secretAccessKey: "secret", name: "tester" };
const Bucket = "media";

let directory: string;
let server: S3Server | undefined;
let client: S3Client;
let killChild: (() => Promise<void>) | undefined;

async function start(options: Partial<S3ServerOptions> = {}): Promise<string> {
  await server?.close();
  server = new S3Server({
    directory,
    buckets: [{ name: Bucket }],
    principal: (accessKeyId) => (accessKeyId === principal.accessKeyId ? principal : undefined),
    authorize: () => true,
    ...options,
  });
  const { url } = await server.listen();
  client = clientFor(url);
  return url;
}

function clientFor(endpoint: string, options = {}): S3Client {
  const base = { endpoint, region: "us-east-1", credentials: principal, forcePathStyle: true, maxAttempts: 1 };
  return new S3Client({ ...base, ...options });
}

/**
 * A server in a process of its own, for its own memory and its own death. Reports the most that heap and buffers held at once, sampled
 * while it worked; resident memory would count what the collector has not bothered to return.
 */
async function startProcess(): Promise<{ peakMiB(): Promise<number>; kill(): Promise<void> }> {
  const script = `
    import { S3Server } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
    const principal = ${JSON.stringify(principal)};
    const server = new S3Server({ directory: ${JSON.stringify(directory)}, buckets: [{ name: "${Bucket}" }],
      principal: () => principal, authorize: () => true });
    let peak = 0;
    setInterval(() => {
      const { heapUsed, external } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + external);
    }, 5);
    process.on("message", () => process.send({ peak }));
    process.send(await server.listen());`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const message = <Message>() =>
    new Promise<Message>((resolve) => child.once("message", (value) => resolve(value as Message)));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  killChild = kill;
  client = clientFor((await message<{ url: string }>()).url);
  return {
    async peakMiB() {
      child.send({});
      return (await message<{ peak: number }>()).peak / 1024 ** 2;
    },
    kill,
  };
}

const put = (Key: string, Body: string | Buffer) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
const read = async (Key: string) =>
  (await client.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();
const dataFiles = () => readdir(join(directory, "buckets", Bucket, "data"));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-s3-"));
});

afterEach(async () => {
  client.destroy();
  await killChild?.();
  killChild = undefined;
  await server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

describe("restart", () => {
  it("finds objects, metadata and uploads in progress again", async () => {
    await start();
    await client.send(new PutObjectCommand({ Bucket, Key: "../ä", Body: "x", Metadata: { a: "b" }, Tagging: "t=1" }));
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key: "m", ContentType: "audio/wav" }),
    );
    const part = { Bucket, Key: "m", UploadId, PartNumber: 1 };
    const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: "part" }));
    await start();
    expect(await read("../ä")).toBe("x");
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: "../ä" }))).Metadata).toEqual({ a: "b" });
    expect((await client.send(new ListPartsCommand(part))).Parts?.map((entry) => entry.ETag)).toEqual([ETag]);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key: "m", UploadId, MultipartUpload }));
    expect(await read("m")).toBe("part");
    expect(await dataFiles()).toHaveLength(2);
  });

  it("removes the files that no object names", async () => {
    await start();
    await put("kept", "x");
    await writeFile(join(directory, "buckets", Bucket, "data", "orphan"), "half an upload");
    await start();
    expect(await dataFiles()).toHaveLength(1);
    expect(await read("kept")).toBe("x");
  });

  it("does not take an object's files when its finished upload comes back from a crash", async () => {
    await start();
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "m" }));
    const { ETag } = await client.send(
      new UploadPartCommand({ Bucket, Key: "m", UploadId, PartNumber: 1, Body: "part" }),
    );
    const saved = join(directory, "saved");
    const upload = join(directory, "buckets", Bucket, "uploads", UploadId!);
    await cp(upload, saved, { recursive: true });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key: "m", UploadId, MultipartUpload }));
    await cp(saved, upload, { recursive: true });
    await start();
    await expect(client.send(new ListPartsCommand({ Bucket, Key: "m", UploadId }))).rejects.toThrow("does not exist");
    expect(await read("m")).toBe("part");
  });

  it("leaves whole objects and no orphans after kill -9 in the middle of uploads", async () => {
    const child = await startProcess();
    const results = new Map<string, "stored" | "cut">();
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const Key = `k/${index}`;
        const outcome = await put(Key, Buffer.alloc(500_000, index)).then(
          () => "stored" as const,
          () => "cut" as const,
        );
        results.set(Key, outcome);
        if (results.size === 8) await child.kill();
      }),
    );
    await start();
    const listed = (await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? [];
    for (const { Key, Size } of listed) {
      expect(Size).toBe(500_000);
      expect(await read(Key!)).toBe(Buffer.alloc(500_000, Number(Key!.slice(2))).toString());
    }
    const stored = [...results].filter(([, outcome]) => outcome === "stored").map(([Key]) => Key);
    expect(listed.map((object) => object.Key)).toEqual(expect.arrayContaining(stored));
    expect(await dataFiles()).toHaveLength(listed.length);
  });
});

describe("files", () => {
  it("go with their object, but not from under a reader", async () => {
    await start();
    await put("a", Buffer.alloc(8_000_000, "1"));
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "a" }));
    await put("a", "2");
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    let sizeBytes = 0;
    for await (const chunk of Body as Readable) sizeBytes += (chunk as Buffer).length;
    expect(sizeBytes).toBe(8_000_000);
    await expect.poll(dataFiles).toEqual([]);
  });

  it("of an aborted, a refused and a replaced write are removed", async () => {
    await start();
    await put("a", "1");
    await put("a", "2");
    await expect(
      client.send(new PutObjectCommand({ Bucket, Key: "b", Body: "x", ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg==" })),
    ).rejects.toThrow();
    expect(await dataFiles()).toHaveLength(1);
  });
});

describe("events", () => {
  it("tell of what was committed, with S3's records", async () => {
    const events: ObjectEvent[] = [];
    await start({ onEvent: (event) => events.push(event) });
    await put("dir/my file+ü.mp4", "hello");
    await expect(
      client.send(new PutObjectCommand({ Bucket, Key: "dir/my file+ü.mp4", Body: "x", IfNoneMatch: "*" })),
    ).rejects.toThrow();
    await client.send(new DeleteObjectCommand({ Bucket, Key: "dir/my file+ü.mp4" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "dir/my file+ü.mp4" }));
    expect(events.map((event) => event.eventName)).toEqual(["ObjectCreated:Put", "ObjectRemoved:Delete"]);
    const [created, removed] = events.map((event) => event.record);
    expect(created).toMatchObject({
      eventVersion: "2.1",
      eventSource: "aws:s3",
      eventName: "ObjectCreated:Put",
      userIdentity: { principalId: "tester" },
      s3: {
        s3SchemaVersion: "1.0",
        bucket: { name: Bucket, arn: `arn:aws:s3:::${Bucket}` },
        object: { key: "dir/my+file%2B%C3%BC.mp4", size: 5, eTag: "5d41402abc4b2a76b9719d911017c592" },
      },
    });
    expect(removed!.s3.object.sequencer > created!.s3.object.sequencer).toBe(true);
  });

  it("leave the write standing when their observer throws", async () => {
    const errors: unknown[] = [];
    await start({
      onEvent: () => {
        throw new Error("observer");
      },
      onError: (error) => errors.push(error),
    });
    await put("a", "1");
    expect(await read("a")).toBe("1");
    expect(errors).toHaveLength(1);
  });
});

describe("authorization", () => {
  it("asks for each action, bucket and key, and says what was refused", async () => {
    const asked: string[] = [];
    await start({
      authorize: (who, action, bucket, key) => {
        asked.push(`${who.name} ${action} ${bucket}/${key}`);
        return !key.startsWith("secret/");
      },
    });
    await put("open/a", "1");
    await client.send(new ListObjectsV2Command({ Bucket, Prefix: "open/" }));
    expect(asked).toEqual([`tester s3:PutObject ${Bucket}/open/a`, `tester s3:ListBucket ${Bucket}/open/`]);
    await expect(put("secret/a", "1")).rejects.toMatchObject({
      name: "AccessDenied",
      message: `tester is not authorized to perform: s3:PutObject on "${Bucket}/secret/a"`,
    });
    const Objects = [{ Key: "open/a" }, { Key: "secret/a" }];
    const reply = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(reply.Deleted).toEqual([{ Key: "open/a" }]);
    expect(reply.Errors).toMatchObject([{ Key: "secret/a", Code: "AccessDenied" }]);
  });

  it("tells only who may list that a key is missing", async () => {
    await start({ authorize: (_, action) => action !== "s3:ListBucket" });
    await expect(read("nothing")).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("checks the source of a copy as a read", async () => {
    const url = await start({ authorize: (_, action, __, key) => action !== "s3:GetObject" || key !== "hidden" });
    await put("hidden", "x");
    const copying = clientFor(url).send(
      new CopyObjectCommand({ Bucket, Key: "stolen", CopySource: `${Bucket}/hidden` }),
    );
    await expect(copying).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

describe("server", () => {
  it("says that it wants path-style requests", async () => {
    const { hostname, port } = new URL(await start());
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { host: `${Bucket}.localhost:${port}` };
      get({ hostname, port, path: "/key", headers }, (response) => resolve(readText(response))).on("error", reject);
    });
    expect(text).toContain("forcePathStyle");
  });

  it("creates and deletes buckets, but not those of the configuration", async () => {
    await start();
    await client.send(new CreateBucketCommand({ Bucket: "another" }));
    await expect(client.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: "BucketAlreadyOwnedByYou",
    });
    await expect(client.send(new CreateBucketCommand({ Bucket: "Not_Valid" }))).rejects.toMatchObject({
      name: "InvalidBucketName",
    });
    await client.send(new PutObjectCommand({ Bucket: "another", Key: "a", Body: "x" }));
    await expect(client.send(new DeleteBucketCommand({ Bucket: "another" }))).rejects.toMatchObject({
      name: "BucketNotEmpty",
    });
    await client.send(new DeleteObjectCommand({ Bucket: "another", Key: "a" }));
    await client.send(new DeleteBucketCommand({ Bucket: "another" }));
    await expect(client.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("answers NotImplemented to operations that it does not offer", async () => {
    await start();
    const command = new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} });
    await expect(client.send(command)).rejects.toMatchObject({
      name: "NotImplemented",
      $metadata: { httpStatusCode: 501 },
    });
  });

  it("moves 256 MiB in both directions without holding them", async () => {
    const child = await startProcess();
    const sizeBytes = 256 * 1024 * 1024;
    const chunk = Buffer.alloc(64 * 1024, 7);
    const body = Readable.from(
      (function* () {
        for (let sent = 0; sent < sizeBytes; sent += chunk.length) yield chunk;
      })(),
    );
    // The first requests compile code, which stays.
    await put("small", "x");
    expect(await read("small")).toBe("x");
    const beforeMiB = await child.peakMiB();
    await client.send(new PutObjectCommand({ Bucket, Key: "big", Body: body, ContentLength: sizeBytes }));
    const reply = await client.send(new GetObjectCommand({ Bucket, Key: "big" }));
    let received = 0;
    for await (const piece of reply.Body as Readable) received += (piece as Buffer).length;
    expect(received).toBe(sizeBytes);
    // V8 lets some 64 MiB of dead network buffers pile up before it collects them.
    expect((await child.peakMiB()) - beforeMiB).toBeLessThan(96);
  });
});
