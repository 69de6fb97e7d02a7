import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { defaultTenant, type JobRef, newJobId, readSettings } from "../../layers/core/index.ts";
import { embeddingSize } from "../../layers/search/embedder.ts";
import { createJob, keys, putObject } from "../../layers/storage/index.ts";
import { jobRecord } from "../../test/support/job.ts";
import { servePinecone } from "../../test/support/pinecone-server.ts";
import { openTestS3 } from "../../test/support/s3.ts";
import { functionSpecs } from "../app/index.ts";
import { bundleFunctions } from "./bundle.ts";

/** The bundled function `index` with the settings that its description gives it, and no others. */
async function indexFunction(environment: Record<string, string>): Promise<(event: unknown) => Promise<unknown>> {
  const settings = readSettings(environment);
  const { index } = functionSpecs(settings);
  for (const name of index.settings) {
    if (settings[name] !== undefined) process.env[name] = String(settings[name]);
  }
  const { directory } = await bundleFunctions({ index } as never, join(cache, "bundles"));
  const require = createRequire(import.meta.url);
  const path = join(directory, "index", "index.cjs");
  // As a new process would: nothing is left of another call's settings.
  delete require.cache[path];
  return (require(path) as { handler: (event: unknown) => Promise<unknown> }).handler;
}

let cache: string;
let storage: AsyncDisposable;
let before: NodeJS.ProcessEnv;
let ref: JobRef;
/** Far more than one write's worth of sentences, each a passage. */
const segments = Array.from({ length: 400 }, (_, i) => ({
  ...{ id: i, startMs: i * 10_000, endMs: i * 10_000 + 9000, language: "en", tokens: [], flags: [] },
  ...{ temperature: null, avgLogprob: null, compressionRatio: null, noSpeechProb: null },
  text: `Sentence ${i} says ${"something ".repeat(40)}here.`,
}));

const transcript = `{"format":1,\n"segments":[\n${segments.map((segment) => JSON.stringify(segment)).join(",\n")}],\n"warnings":[]}\n`;

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "halfgig-bundled-"));
  storage = await openTestS3();
});
afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  await rm(cache, { recursive: true });
});
beforeEach(async () => {
  before = { ...process.env };
  ref = { tenant: defaultTenant, jobId: newJobId() };
  await createJob(jobRecord({ ...ref, status: "done" }));
  await putObject("results", keys.transcript(ref, "json"), transcript, "application/json");
});
afterEach(() => {
  vi.unstubAllGlobals();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

describe("the bundled index function, with Pinecone's own client", () => {
  const index = async (environment: Record<string, string>) => {
    const writes: { key: string; vectors: number }[] = [];
    await using server = await servePinecone({
      ...{ apiKey: "pc-right", index: "talks", dimension: embeddingSize },
      onUpsert: (key, namespace, vectors) => {
        if (namespace === ref.tenant) writes.push({ key, vectors });
      },
    });
    // The client asks Pinecone's own address, and must find the stand-in there.
    const real = globalThis.fetch;
    vi.stubGlobal("fetch", (address: string | URL | Request, init?: RequestInit) =>
      real(String(address).replace("https://api.pinecone.io", server.url), init),
    );
    const handler = await indexFunction({ SEARCH_INDEX: "pinecone", ...environment });
    const reply = await handler({ job: ref, executionName: "x" }).catch((error: unknown) => error);
    return { reply, writes };
  };

  it("PINECONE_API_KEY and PINECONE_INDEX: passages go to that index with that key, and to no other", async () => {
    const { reply, writes } = await index({ PINECONE_API_KEY: "pc-right", PINECONE_INDEX: "talks" });
    const passages = writes.reduce((sum, { vectors }) => sum + vectors, 0);
    expect(reply).toEqual({ passages });
    expect(passages).toBeGreaterThan(100);
    expect(new Set(writes.map(({ key }) => key))).toEqual(new Set(["pc-right"]));
  });

  it.each([
    ["the key", { PINECONE_API_KEY: "pc-wrong", PINECONE_INDEX: "talks" }],
    ["the index", { PINECONE_API_KEY: "pc-right", PINECONE_INDEX: "others" }],
  ])("says so where %s is another one", async (_, environment) => {
    const { reply, writes } = await index(environment);
    expect([reply, writes]).toEqual([expect.objectContaining({ code: "search.unavailable" }), []]);
  });

  it("EMBEDDING_BATCH_SIZE: so many passages are embedded at a time, and eight times as many written", async () => {
    for (const size of [1, 7]) {
      const { writes } = await index({
        ...{ PINECONE_API_KEY: "pc-right", PINECONE_INDEX: "talks" },
        EMBEDDING_BATCH_SIZE: String(size),
      });
      vi.unstubAllGlobals();
      const sizes = writes.map(({ vectors }) => vectors);
      expect(new Set(sizes.slice(0, -1))).toEqual(new Set([size * 8]));
    }
  });
});
