import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3VectorsClient } from "@aws-sdk/client-s3vectors";
import { getLoadablePath } from "sqlite-vec";
import { describe, expect, it } from "vitest";
import { defaultTenant } from "../../layers/core/index.ts";
import { embeddingSize } from "../../layers/search/index.ts";
import { PineconeIndex } from "../../layers/search/pinecone/index.ts";
import { S3VectorsIndex } from "../../layers/search/s3vectors/index.ts";
import { SqliteIndex } from "../../layers/search/sqlite/index.ts";
import { servePinecone } from "../support/pinecone-server.ts";
import { serveS3Vectors } from "../support/s3vectors-server.ts";
import { describeSearchIndex } from "./search-index.ts";

describeSearchIndex(
  "the SQLite index",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "halfgig-search-"));
    const open = () =>
      new SqliteIndex({ path: join(directory, "search", "passages.db"), extensionPath: getLoadablePath() });
    const index = open();
    return {
      index,
      again: async () => open(),
      settle: async () => undefined,
      async [Symbol.asyncDispose]() {
        await index[Symbol.asyncDispose]();
        await rm(directory, { recursive: true });
      },
    };
  },
  { fullText: true },
);

describeSearchIndex(
  "the Amazon S3 Vectors index, with Amazon's client",
  async () => {
    const place = { bucket: "vectors", index: "halfgig-passages", dimension: embeddingSize };
    const server = await serveS3Vectors(place);
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
    const open = () =>
      new S3VectorsIndex({
        bucket: place.bucket,
        client: new S3VectorsClient({ endpoint: server.url, region: "us-east-1", credentials }),
      });
    const index = open();
    return {
      index,
      again: async () => open(),
      settle: async () => undefined,
      async [Symbol.asyncDispose]() {
        await index[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  },
  { fullText: false },
);

describeSearchIndex(
  "the Pinecone index, with Pinecone's client",
  async () => {
    const server = await servePinecone({ apiKey: "pc-key", index: "passages", dimension: embeddingSize });
    const open = () => new PineconeIndex({ apiKey: "pc-key", indexName: "passages", controllerUrl: server.url });
    return {
      index: open(),
      again: async () => open(),
      settle: async () => undefined,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  { fullText: false },
);

const {
  SEARCH_LIVE_S3VECTORS_BUCKET: liveBucket,
  SEARCH_LIVE_PINECONE_INDEX: liveIndex,
  PINECONE_API_KEY: liveKey,
} = process.env;
const passing = () => new Promise<void>((resolve) => setTimeout(resolve, 15_000));

if (liveBucket) {
  describeSearchIndex(
    `Amazon S3 Vectors itself, bucket ${liveBucket}`,
    async () => {
      const open = () => new S3VectorsIndex({ bucket: liveBucket });
      const index = open();
      return {
        index,
        again: async () => open(),
        settle: async () => undefined,
        [Symbol.asyncDispose]: () => index[Symbol.asyncDispose](),
      };
    },
    { fullText: false },
  );
}
if (liveIndex && liveKey) {
  describeSearchIndex(
    `Pinecone itself, index ${liveIndex}`,
    async () => {
      const open = () => new PineconeIndex({ apiKey: liveKey, indexName: liveIndex });
      return {
        index: open(),
        again: async () => open(),
        settle: passing,
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
    { fullText: false },
  );
}

describe("a store that refuses", () => {
  it("is named, with what to do and without the key", async () => {
    await using pinecone = await servePinecone({ apiKey: "right", index: "passages", dimension: embeddingSize });
    const index = new PineconeIndex({ apiKey: "wrong-key", indexName: "passages", controllerUrl: pinecone.url });
    const failure = await index.describe(defaultTenant).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "search.unavailable", message: expect.stringContaining("PINECONE_API_KEY") });
    expect(`${(failure as Error).message} ${String((failure as Error).cause)}`).not.toContain("wrong-key");

    await using vectors = await serveS3Vectors({
      bucket: "vectors",
      index: "halfgig-passages",
      dimension: embeddingSize,
    });
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
    const client = new S3VectorsClient({ endpoint: vectors.url, region: "us-east-1", credentials });
    await using absent = new S3VectorsIndex({ bucket: "nowhere", client });
    await expect(absent.describe(defaultTenant)).rejects.toMatchObject({
      code: "search.unavailable",
      message: expect.stringContaining("create-index"),
    });
  });
});
