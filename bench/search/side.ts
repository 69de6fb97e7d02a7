/**
 * One side of `npm run bench:search`, in a process of its own: `node side.ts sqlite|brute|lance <passages> <queries> <folder>` builds, asks and
 * reports as one line of JSON. The exact neighbours are those of `brute`, which compares every vector.
 */
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { getLoadablePath } from "sqlite-vec";
import { defaultTenant, newJobId } from "../../layers/core/index.ts";
import { passageId } from "../../layers/search/index.ts";
import { SqliteIndex } from "../../layers/search/sqlite/index.ts";
import { dimensions, randomNumbers, textOf, vectors } from "./data.ts";

export type SideReport = {
  buildMs: number;
  queryMs: number[];
  /** As `queryMs`, with words and vectors joined. */
  hybridMs?: number[];
  /** The ten nearest of each query, as numbers of passages. */
  nearest: number[][];
  rssMiB: number;
  storedMiB: number;
};

const [, , side, passages = "0", queries = "0", folder = "."] = process.argv;
const count = Number(passages);
const questions = [...vectors(Number(queries), 7)];
const top = 10;
const batch = 500;
const sides = { sqlite, brute, lance };
console.log(JSON.stringify(await sides[side as keyof typeof sides]()));

async function sqlite(): Promise<SideReport> {
  const path = join(folder, "passages.db");
  const embedding = { id: "bench", lexical: false };
  const random = randomNumbers(3);
  const text = () => textOf(random);
  await using index = new SqliteIndex({ path, extensionPath: getLoadablePath() });
  const started = performance.now();
  let rows: Parameters<SqliteIndex["upsert"]>[2][number][] = [];
  const jobId = newJobId();
  let n = 0;
  for (const vector of vectors(count, 5)) {
    const passage = { jobId, startMs: n * 1000, endMs: n * 1000 + 1000, text: text() };
    rows.push({
      ...passage,
      id: passageId(passage),
      index: n++,
      count,
      language: "en",
      voiceVerdict: null,
      createdMs: 0,
      vector,
    });
    if (rows.length === batch || n === count) {
      await index.upsert(defaultTenant, embedding, rows);
      rows = [];
    }
  }
  const buildMs = performance.now() - started;
  const query = { tenant: defaultTenant, embedding, limit: top };
  const { times: queryMs, results } = await timed((vector) => index.query({ ...query, vector }));
  const { times: hybridMs } = await timed((vector) => index.query({ ...query, vector, text: textOf(random, 6) }));
  const nearest = results.map((hits) => hits.map((hit) => hit.index));
  return { buildMs, queryMs, hybridMs, nearest, ...held(statSync(path).size) };
}

async function brute(): Promise<SideReport> {
  const started = performance.now();
  const all = new Float32Array(count * dimensions);
  let n = 0;
  for (const vector of vectors(count, 5)) all.set(vector, dimensions * n++);
  const buildMs = performance.now() - started;
  const { times: queryMs, results: nearest } = await timed(async (vector) => {
    const best: { n: number; score: number }[] = [];
    for (let n = 0; n < count; n++) {
      let score = 0;
      for (let i = 0, at = n * dimensions; i < dimensions; i++, at++) score += all[at]! * vector[i]!;
      if (best.length === top && score <= best[top - 1]!.score) continue;
      best.push({ n, score });
      best.sort((a, b) => b.score - a.score);
      best.length = Math.min(best.length, top);
    }
    return best.map(({ n }) => n);
  });
  return { buildMs, queryMs, nearest, ...held(0) };
}

type LanceTable = {
  add(rows: object[]): Promise<unknown>;
  createIndex(column: string, options: object): Promise<void>;
  search(vector: number[]): { distanceType(name: string): LanceSearch };
};
type LanceSearch = {
  refineFactor(n: number): LanceSearch;
  limit(n: number): LanceSearch;
  select(columns: string[]): LanceSearch;
  toArray(): Promise<{ n: number }[]>;
};

/** LanceDB as its guide has it: an IVF_PQ index, the best of it compared anew with the whole vectors. */
async function lance(): Promise<SideReport> {
  const { connect, Index } = createRequire(join(folder, "package.json"))("@lancedb/lancedb");
  const database = await connect(join(folder, "lance"));
  const started = performance.now();
  let table: LanceTable | undefined;
  let rows: object[] = [];
  let n = 0;
  for (const vector of vectors(count, 5)) {
    rows.push({ n: n++, vector: [...vector] });
    if (rows.length < 10_000 && n < count) continue;
    if (table) await table.add(rows);
    else table = (await database.createTable("passages", rows)) as LanceTable;
    rows = [];
  }
  await table!.createIndex("vector", { config: Index.ivfPq({ distanceType: "cosine" }) });
  const buildMs = performance.now() - started;
  const { times: queryMs, results } = await timed((vector) =>
    table!
      .search([...vector])
      .distanceType("cosine")
      .refineFactor(10)
      .limit(top)
      .select(["n"])
      .toArray(),
  );
  return { buildMs, queryMs, nearest: results.map((rows) => rows.map((row) => Number(row.n))), ...held(0) };
}

async function timed<Result>(
  ask: (vector: Float32Array) => Promise<Result>,
): Promise<{ times: number[]; results: Result[] }> {
  const times: number[] = [];
  const results: Result[] = [];
  // The first brings the file into the page cache.
  await ask(questions[0]!);
  for (const vector of questions) {
    const started = performance.now();
    results.push(await ask(vector));
    times.push(performance.now() - started);
  }
  return { times, results };
}

function held(storedBytes: number): { rssMiB: number; storedMiB: number } {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
  return { rssMiB: Number(peak?.[1] ?? 0) / 1024, storedMiB: storedBytes / 2 ** 20 };
}
