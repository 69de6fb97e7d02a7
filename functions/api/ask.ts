import { z } from "zod";
import { readSettings } from "../../layers/core/index.ts";
import { answer, openLanguageModel, processEmbedder, requireSearchIndex } from "../../layers/search/index.ts";
import { callerOf } from "./caller.ts";
import { endpoint, json, parseBody } from "./http.ts";
import { filterSchema, indexFilters, jobsOf, mediaAt } from "./search.ts";

export const bodySchema = filterSchema.extend({
  question: z.string().trim().min(1).max(2000),
  /** How many passages the answer may rest on. */
  passages: z.number().int().min(1).max(20).default(8),
});

/** What is left of the request's 29 s for finding passages and for the reply. */
const answerMs = 22_000;

/**
 * `POST /v1/ask`: an answer to `{"question"}` from what was said in the caller's recordings, with citations that are all of passages
 * which were found. Without a language model it is sentences of theirs, and `by` and `notes` say so.
 */
export const handler = endpoint(async (event) => {
  const { tenant } = callerOf(event);
  const { question, passages: limit, ...filters } = parseBody(event, bodySchema);
  const model = await openLanguageModel(readSettings(process.env));
  const index = await requireSearchIndex();
  const embedder = await processEmbedder();
  const [vector] = await embedder.embed([question]);
  const { embedding } = embedder;
  const hits = await index.query({ tenant, embedding, vector, text: question, filters: indexFilters(filters), limit });
  const jobs = await jobsOf(hits.map(({ jobId }) => ({ tenant, jobId })));
  const found = hits.filter(({ jobId }) => jobs.has(jobId));
  const { citations, ...answered } = await answer(question, found, { model, signal: AbortSignal.timeout(answerMs) });
  return json(200, {
    question,
    ...answered,
    citations: citations.map((citation) => ({
      ...citation,
      fileName: jobs.get(citation.jobId)?.fileName,
      media: mediaAt(citation.jobId, citation.startMs),
    })),
    embedding,
  });
});
