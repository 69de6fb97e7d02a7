import type { JobId, JobRef, TenantId } from "../core/index.ts";
import type { Embedding } from "./embedder.ts";
import type { Passage, VoiceVerdict } from "./passage.ts";

/** Counts up whenever what a store keeps changes its form; what an older version wrote is refused, and indexed anew. */
export const indexFormat = 1;

export type IndexedPassage = Passage & {
  readonly vector: Float32Array;
  /** When the job was made. */
  readonly createdMs: number;
};

export type IndexFilters = {
  readonly jobId?: JobId | undefined;
  readonly language?: string | undefined;
  readonly voiceVerdict?: VoiceVerdict | undefined;
  /** Passages that end after, or begin before, this place in their recording. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Jobs made at this time or later, or before it. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
};

export type IndexQuery = {
  readonly tenant: TenantId;
  /** Of length 1, in the index's own embedding; without it only words are looked for. */
  readonly vector?: Float32Array | undefined;
  readonly embedding: Embedding;
  /** As a person wrote it; without it, or in a store without full text, only vectors are compared. */
  readonly text?: string | undefined;
  readonly filters?: IndexFilters;
  /** At most `mostHits`. */
  readonly limit: number;
};

/** The deepest that a ranking goes; what Amazon S3 Vectors gives for one query. */
export const mostHits = 100;

export type Hit = Passage & {
  /** The larger the better; comparable within one reply only. */
  readonly score: number;
};

export type IndexDescription = {
  readonly store: "sqlite" | "s3vectors" | "pinecone";
  /** Whether words are looked for besides vectors. */
  readonly fullText: boolean;
  /** What the tenant's passages were embedded with; null where there is none yet. */
  readonly embedding: string | null;
  readonly format: number | null;
  /** How many passages the tenant has; null in a store that does not count. */
  readonly passages: number | null;
};

/**
 * Where passages are kept and found. Every call names a tenant, and neither reads nor changes what belongs to another.
 * All adapters pass test/conformance/search-index.ts.
 */
export interface SearchIndex extends AsyncDisposable {
  describe(tenant: TenantId): Promise<IndexDescription>;
  /**
   * Writes passages; one that is there already is written over. The tenant's first passages settle which embedding is used.
   * @throws MediaError `search.embedding_changed` where the tenant's passages are of another embedding or format
   */
  upsert(tenant: TenantId, embedding: Embedding, passages: readonly IndexedPassage[]): Promise<void>;
  /** Removes a job's passages; nothing where there are none. */
  deleteJob(ref: JobRef): Promise<void>;
  /**
   * The best passages, best first; nothing where the tenant has none.
   * @throws MediaError `search.embedding_changed` as `upsert`
   */
  query(query: IndexQuery): Promise<Hit[]>;
  /** Forgets all of a tenant, its embedding with it: what indexing anew begins with. */
  clear(tenant: TenantId): Promise<void>;
}
