import { environmentValue, type JobRef, MediaError, readSettings } from "../core/index.ts";
import { findJob, headObject, keys, openObject } from "../storage/index.ts";
import { isPrinted, type PrintChoice, readSegments, type Segment } from "../transcript/index.ts";
import { type Indexed, indexTranscript } from "./index-transcript.ts";
import { processEmbedder, requireSearchIndex } from "./open.ts";

export type IndexJobOptions = {
  /** See `IndexTranscriptOptions`. */
  readonly from?: number;
  readonly goOn?: () => boolean;
};

/**
 * Makes a finished job's transcript findable, by the index and the embedding of this process.
 * @throws MediaError `job.not_found`, `job.not_ready`, `search.unavailable`, `search.embedding_changed`
 */
export async function indexJob(ref: JobRef, { from = 0, goOn }: IndexJobOptions = {}): Promise<Indexed> {
  const index = await requireSearchIndex();
  const embedder = await processEmbedder();
  const job = await findJob(ref);
  if (!job) {
    await index.deleteJob(ref);
    throw new MediaError("job.not_found", `There is no job ${ref.jobId}.`);
  }
  const indexed = await indexTranscript({
    ref,
    transcript: { segments: await segmentsOf(ref, job.options) },
    createdMs: Date.parse(job.createdAt),
    index,
    embedder,
    batchSize: readSettings(process.env).EMBEDDING_BATCH_SIZE,
    from,
    ...(goOn ? { goOn } : {}),
  });
  // Deleted meanwhile: its passages would be found for ever.
  if (!(await findJob(ref))) await index.deleteJob(ref);
  return indexed;
}

/** What people get to read: nobody is to be led to words that were never said. */
async function segmentsOf(ref: JobRef, choice: PrintChoice): Promise<Segment[]> {
  const bucket = environmentValue("RESULTS_BUCKET");
  const key = keys.transcript(ref, "json");
  const head = await headObject(bucket, key);
  if (!head)
    throw new MediaError("job.not_ready", `Job ${ref.jobId} has no transcript yet. Ask again when it is done.`);
  const segments: Segment[] = [];
  for await (const segment of readSegments(await openObject(bucket, key, { etag: head.etag }))) {
    if (!isPrinted(segment, choice)) continue;
    // The one part that can be long and says nothing about the text.
    segments.push({ ...segment, tokens: [] });
  }
  return segments;
}
