import type { DatabaseSync } from "node:sqlite";
import { embeddingSize } from "../embedder.ts";
import { indexFormat } from "../index-port.ts";

/**
 * Three tables that know a passage by one row number. `vectors` is sqlite-vec's: each tenant has chunks of its own, and the columns
 * beside the vector are compared while the chunks are read. `words` is FTS5's and keeps no text, only where which word is.
 * `stamps` says what a tenant's passages were made with, and outlives a change of format.
 * https://alexgarcia.xyz/sqlite-vec/features/vec0.html https://www.sqlite.org/fts5.html
 */
const tables = `
CREATE TABLE IF NOT EXISTS stamps (tenant TEXT PRIMARY KEY, embedding TEXT NOT NULL, format INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS passages (
  passage INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL, job TEXT NOT NULL, place INTEGER NOT NULL, count INTEGER NOT NULL,
  start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL, language TEXT NOT NULL, verdict TEXT NOT NULL, text TEXT NOT NULL,
  UNIQUE (tenant, id));
CREATE INDEX IF NOT EXISTS passages_of_job ON passages (tenant, job);
CREATE VIRTUAL TABLE IF NOT EXISTS vectors USING vec0(
  passage INTEGER PRIMARY KEY, tenant TEXT PARTITION KEY, job TEXT, language TEXT, verdict TEXT,
  start_ms INTEGER, end_ms INTEGER, created_ms INTEGER, vector FLOAT[${embeddingSize}] DISTANCE_METRIC=cosine, chunk_size=256);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(spaced, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2');
`;

/** Makes the tables. Those of another format are dropped: what was in them is made anew from the transcripts. */
export function ensureSchema(database: DatabaseSync): void {
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192");
  if (formatOf(database) === indexFormat) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been first.
    if (formatOf(database) !== indexFormat) {
      if (formatOf(database) !== 0)
        for (const name of ["vectors", "words", "passages"]) database.exec(`DROP TABLE IF EXISTS ${name}`);
      database.exec(tables);
      database.exec(`PRAGMA user_version = ${indexFormat}`);
    }
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function formatOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version ?? 0);
}
