import type { JobRef } from "../core/index.ts";
import type { Transcript } from "../transcript/index.ts";
import type { Embedder } from "./embedder.ts";
import type { SearchIndex } from "./index-port.ts";
import { type PassageOptions, passagesOf } from "./passages.ts";

export type IndexTranscriptOptions = {
  readonly ref: JobRef;
  readonly transcript: Pick<Transcript, "segments">;
  readonly createdMs: number;
  readonly index: SearchIndex;
  readonly embedder: Embedder;
  /** Texts embedded at a time. */
  readonly batchSize: number;
  readonly passages?: PassageOptions;
  /** Passages before this one are there already. */
  readonly from?: number;
  /** Asked before each batch; false stops, and the reply says where to go on. */
  readonly goOn?: () => boolean;
};

/** How many passages there are, and the first that is not indexed yet: `next === count` when all are. */
export type Indexed = { readonly count: number; readonly next: number };

/** Passages written at a time: what Amazon S3 Vectors takes at most is 500. */
const batchesPerWrite = 8;

/** Makes a transcript's passages findable. The job's earlier ones go first, so that what is done twice is there once. */
export async function indexTranscript(options: IndexTranscriptOptions): Promise<Indexed> {
  const { ref, transcript, createdMs, index, embedder, batchSize, from = 0, goOn = () => true } = options;
  const passages = passagesOf({ jobId: ref.jobId, segments: transcript.segments }, options.passages);
  if (from === 0) await index.deleteJob(ref);
  let next = Math.min(from, passages.length);
  while (next < passages.length && goOn()) {
    const batch = passages.slice(next, next + batchSize * batchesPerWrite);
    const vectors: Float32Array[] = [];
    for (let n = 0; n < batch.length; n += batchSize) {
      vectors.push(...(await embedder.embed(batch.slice(n, n + batchSize).map(({ text }) => text))));
    }
    const indexed = batch.map((passage, n) => ({ ...passage, vector: vectors[n]!, createdMs }));
    await index.upsert(ref.tenant, embedder.embedding, indexed);
    next += batch.length;
  }
  return { count: passages.length, next };
}
