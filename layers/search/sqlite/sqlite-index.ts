import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type JobRef, MediaError, parseJobId, type TenantId } from "../../core/index.ts";
import type { Embedding } from "../embedder.ts";
import { type IndexStamp, requireSameEmbedding, stampOf } from "../embedding-check.ts";
import { reciprocalRankFusion } from "../fusion.ts";
import {
  type Hit,
  type IndexDescription,
  type IndexedPassage,
  type IndexQuery,
  mostHits,
  type SearchIndex,
} from "../index-port.ts";
import type { VoiceVerdict } from "../passage.ts";
import { wordsOf } from "../words.ts";
import { conditionsOf } from "./conditions.ts";
import { ensureSchema } from "./schema.ts";

export type SqliteIndexOptions = {
  /** The database's file; it and its folder are made where they are not there. */
  readonly path: string;
  /** sqlite-vec as a loadable extension: `getLoadablePath()` of the package. */
  readonly extensionPath: string;
};

/** How long a writer waits for another process' turn. */
const busyMs = 20_000;
/** How deep both rankings go at least: a passage that is tenth in one and thirtieth in the other may be the best of all. */
const leastDepth = 50;

type Row = {
  passage: number;
  id: string;
  job: string;
  place: number;
  count: number;
  start_ms: number;
  end_ms: number;
  language: string;
  verdict: string;
  text: string;
};

/**
 * Passages in one SQLite file: exact nearest neighbours by sqlite-vec, words by FTS5 (BM25), the two joined by reciprocal rank fusion.
 * Several processes may have it open (WAL); memory does not grow with the number of passages.
 */
export class SqliteIndex implements SearchIndex {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws MediaError `search.unavailable` where the file or the extension cannot be opened */
  constructor({ path, extensionPath }: SqliteIndexOptions) {
    let database: DatabaseSync | undefined;
    try {
      mkdirSync(dirname(path), { recursive: true });
      database = new DatabaseSync(path, { allowExtension: true, timeout: busyMs });
      database.loadExtension(extensionPath);
      database.enableLoadExtension(false);
      ensureSchema(database);
      this.#database = database;
    } catch (cause) {
      database?.close();
      throw new MediaError(
        "search.unavailable",
        `The search index ${path} cannot be opened: ${(cause as Error).message}. Check the disk; a damaged file can be deleted, and \`halfgig reindex\` makes it anew.`,
        { cause },
      );
    }
  }

  async describe(tenant: TenantId): Promise<IndexDescription> {
    const stamp = this.#stamp(tenant);
    const counted = this.#prepare("SELECT count(*) AS n FROM passages WHERE tenant = ?").get(tenant);
    return {
      store: "sqlite",
      fullText: true,
      embedding: stamp?.embedding ?? null,
      format: stamp?.format ?? null,
      passages: Number(counted?.n),
    };
  }

  async upsert(tenant: TenantId, embedding: Embedding, passages: readonly IndexedPassage[]): Promise<void> {
    this.#write(() => {
      requireSameEmbedding(this.#stamp(tenant), embedding);
      const { embedding: id, format } = stampOf(embedding);
      this.#prepare("INSERT OR IGNORE INTO stamps VALUES (?, ?, ?)").run(tenant, id, format);
      for (const passage of passages) this.#put(tenant, passage);
    });
  }

  #put(tenant: TenantId, { vector, ...passage }: IndexedPassage): void {
    const { id, jobId, index, count, startMs, endMs, createdMs, language, text } = passage;
    const verdict = passage.voiceVerdict ?? "";
    const there = this.#prepare("SELECT passage FROM passages WHERE tenant = ? AND id = ?").get(tenant, id);
    if (there) this.#remove(Number(there.passage));
    const { lastInsertRowid } = this.#prepare(
      "INSERT INTO passages (tenant, id, job, place, count, start_ms, end_ms, created_ms, language, verdict, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(tenant, id, jobId, index, count, startMs, endMs, createdMs, language, verdict, text);
    const row = BigInt(lastInsertRowid);
    const times = [startMs, endMs, createdMs].map(BigInt);
    this.#prepare(
      "INSERT INTO vectors (passage, tenant, job, language, verdict, start_ms, end_ms, created_ms, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(row, tenant, jobId, language, verdict, ...times, bytesOf(vector));
    this.#prepare("INSERT INTO words (rowid, spaced) VALUES (?, ?)").run(row, spacedWords(text));
  }

  #remove(row: number): void {
    for (const [table, key] of [
      ["vectors", "passage"],
      ["words", "rowid"],
      ["passages", "passage"],
    ])
      this.#prepare(`DELETE FROM ${table} WHERE ${key} = ?`).run(BigInt(row));
  }

  async deleteJob({ tenant, jobId }: JobRef): Promise<void> {
    this.#removeWhere("tenant = ? AND job = ?", [tenant, jobId]);
  }

  async clear(tenant: TenantId): Promise<void> {
    this.#removeWhere("tenant = ?", [tenant]);
    this.#prepare("DELETE FROM stamps WHERE tenant = ?").run(tenant);
  }

  /** In steps: one transaction over everything would keep all other writers waiting. */
  #removeWhere(condition: string, values: string[]): void {
    for (;;) {
      const rows = this.#prepare(`SELECT passage FROM passages WHERE ${condition} LIMIT 1000`).all(...values);
      if (rows.length === 0) return;
      this.#write(() => {
        for (const { passage } of rows) this.#remove(Number(passage));
      });
    }
  }

  async query(query: IndexQuery): Promise<Hit[]> {
    requireSameEmbedding(this.#stamp(query.tenant), query.embedding);
    const depth = Math.min(mostHits, Math.max(query.limit, leastDepth));
    const rankings = [this.#nearest(query, depth), this.#matching(query, depth)].filter(
      (ranking) => ranking !== undefined,
    );
    const best = reciprocalRankFusion(rankings).slice(0, query.limit);
    return best.flatMap(({ id: row, score }) => {
      const found = this.#prepare("SELECT * FROM passages WHERE passage = ?").get(row) as Row | undefined;
      return found ? [{ ...passageOf(found), score }] : [];
    });
  }

  #nearest(query: IndexQuery, depth: number): number[] | undefined {
    if (!query.vector) return undefined;
    const { sql, values } = conditionsOf(query);
    const statement = this.#prepare(
      `SELECT passage FROM vectors WHERE vector MATCH ? AND k = ? AND ${sql} ORDER BY distance`,
    );
    return statement.all(bytesOf(query.vector), depth, ...values).map(({ passage }) => Number(passage));
  }

  #matching(query: IndexQuery, depth: number): number[] | undefined {
    const words = new Set(Array.from(wordsOf(query.text ?? ""), ({ word }) => word));
    if (words.size === 0) return query.vector ? undefined : [];
    const { sql, values } = conditionsOf(query);
    const statement = this.#prepare(
      `SELECT passage FROM words JOIN passages ON passages.passage = words.rowid WHERE words MATCH ? AND ${sql} ORDER BY bm25(words), passage LIMIT ?`,
    );
    const any = [...words].map((word) => `"${word.replaceAll('"', '""')}"`).join(" OR ");
    return statement.all(any, ...values, depth).map(({ passage }) => Number(passage));
  }

  #stamp(tenant: TenantId): IndexStamp | undefined {
    return this.#prepare("SELECT embedding, format FROM stamps WHERE tenant = ?").get(tenant) as IndexStamp | undefined;
  }

  #write(change: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      change();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }
}

function passageOf({ id, job, place, count, start_ms, end_ms, language, verdict, text }: Row) {
  const voiceVerdict = verdict === "" ? null : (verdict as VoiceVerdict);
  return {
    id,
    jobId: parseJobId(job),
    index: place,
    count,
    startMs: start_ms,
    endMs: end_ms,
    language,
    voiceVerdict,
    text,
  };
}

const bytesOf = (vector: Float32Array) => new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);

/** FTS5 takes apart what has spaces between its words; scripts that have none get them here. */
const spacedWords = (text: string) => Array.from(wordsOf(text), ({ word }) => word).join(" ");
