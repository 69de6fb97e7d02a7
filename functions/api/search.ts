import { z } from "zod";
import { type JobRef, parseJobId } from "../../layers/core/index.ts";
import {
  type Hit,
  mostHits,
  processEmbedder,
  requireSearchIndex,
  snippetOf,
  voiceVerdicts,
} from "../../layers/search/index.ts";
import { findJob, type JobRecord } from "../../layers/storage/index.ts";
import { callerOf } from "./caller.ts";
import { endpoint, json, parseQuery } from "./http.ts";

const seconds = z.coerce.number().min(0).max(10_000_000);
const time = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], "a time such as 2026-11-21T08:00:00Z")
  .transform((text) => Date.parse(text));

/** What passages may be restricted to; times within a recording are in seconds. */
export const filterSchema = z.strictObject({
  job: z
    .string()
    .transform((text) => parseJobId(text))
    .optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, "a language code such as en")
    .optional(),
  voice: z.enum(voiceVerdicts).optional(),
  from: seconds.optional(),
  to: seconds.optional(),
  since: time.optional(),
  until: time.optional(),
});

export const querySchema = filterSchema.extend({
  q: z.string().trim().min(1).max(1000),
  /** `hybrid` looks for meaning and for words, the others for one of them. */
  mode: z.enum(["hybrid", "meaning", "words"]).default("hybrid"),
  limit: z.coerce.number().int().min(1).max(50).default(10),
  /** The `next` of the page before. */
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .max(mostHits - 1)
    .default(0),
});

/**
 * `GET /v1/search?q=…`: the caller's passages that answer best to the query, best first, with the media's address at the second where each
 * begins. Rankings go 100 deep; `next` is the `offset` of the following page, null where there is none.
 */
export const handler = endpoint(async (event) => {
  const { tenant } = callerOf(event);
  const { q, mode, limit, offset, ...filters } = parseQuery(event, querySchema);
  const index = await requireSearchIndex();
  const embedder = await processEmbedder();
  const [vector] = mode === "words" ? [] : await embedder.embed([q]);
  const hits = await index.query({
    tenant,
    embedding: embedder.embedding,
    vector,
    text: mode === "meaning" ? undefined : q,
    filters: indexFilters(filters),
    limit: Math.min(mostHits, offset + limit + 1),
  });
  const page = hits.slice(offset, offset + limit);
  const jobs = await jobsOf(page.map(({ jobId }) => ({ tenant, jobId })));
  return json(200, {
    query: q,
    embedding: embedder.embedding,
    // A job that was deleted a moment ago is not shown.
    passages: page.flatMap((hit) => {
      const job = jobs.get(hit.jobId);
      return job ? [shown(hit, job, q)] : [];
    }),
    next: hits.length > offset + limit && offset + limit < mostHits ? offset + limit : null,
  });
});

export function indexFilters({ job, language, voice, from, to, since, until }: z.output<typeof filterSchema>) {
  return {
    jobId: job,
    language,
    voiceVerdict: voice,
    fromMs: from === undefined ? undefined : from * 1000,
    toMs: to === undefined ? undefined : to * 1000,
    sinceMs: since,
    untilMs: until,
  };
}

export async function jobsOf(refs: readonly JobRef[]): Promise<Map<string, JobRecord>> {
  const distinct = new Map(refs.map((ref) => [ref.jobId, ref]));
  const records = await Promise.all([...distinct.values()].map((ref) => findJob(ref)));
  return new Map(records.flatMap((job) => (job ? [[job.jobId, job]] : [])));
}

/** https://www.w3.org/TR/media-frags/#naming-time */
export const mediaAt = (jobId: string, startMs: number) => `/v1/jobs/${jobId}/media#t=${startMs / 1000}`;

function shown(hit: Hit, { fileName, createdAt }: JobRecord, query: string) {
  const { id, jobId, startMs, endMs, text, language, voiceVerdict, score } = hit;
  return {
    id,
    jobId,
    fileName,
    createdAt,
    startMs,
    endMs,
    language,
    voiceVerdict,
    text,
    snippet: snippetOf(text, query),
    media: mediaAt(jobId, startMs),
    score,
  };
}
