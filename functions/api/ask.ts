import { log, readSettings, toProblem } from "../../layers/core/index.ts";
import {
  type AnswerEvent,
  answer,
  type Citation,
  openLanguageModel,
  type Passage,
  processEmbedder,
  requireSearchIndex,
  writeAnswer,
} from "../../layers/search/index.ts";
import type { JobRecord } from "../../layers/storage/index.ts";
import { askAuthorizer } from "./ask-authorizer.ts";
import { readQuestion } from "./ask-request.ts";
import { json, problemReply } from "./http.ts";
import { indexFilters, jobsOf, mediaAt } from "./search.ts";
import { eventStream, serverSentEvent, streamingHandler } from "./stream/index.ts";

/** What API Gateway's 30 s leave, after finding passages and with time for the reply, to an answer in one piece. */
const answerMs = 22_000;
/** Kept of the function's time for the last event of an answer that is streamed. */
const reserveMs = 3_000;

/**
 * `POST /v1/ask`: an answer to `{"question"}` from what was said in the caller's recordings, with citations that are all of passages
 * which were found. Without a language model it is sentences of theirs, and `by` and `notes` say so. With `"stream": true` it comes as
 * server-sent events: `passages`, any number of `delta`, each `citation` before the delta that first names it, and `done` with what else is
 * the whole reply; or `error`, with a problem.
 */
export const handler = streamingHandler(async (event, context) => {
  const { tenant } = await askAuthorizer(event);
  const { question, passages: limit, stream, ...filters } = readQuestion(event);
  const model = await openLanguageModel(readSettings(process.env));
  const index = await requireSearchIndex();
  const embedder = await processEmbedder();
  const [vector] = await embedder.embed([question]);
  const { embedding } = embedder;
  const hits = await index.query({ tenant, embedding, vector, text: question, filters: indexFilters(filters), limit });
  const jobs = await jobsOf(hits.map(({ jobId }) => ({ tenant, jobId })));
  const found = hits.filter(({ jobId }) => jobs.has(jobId));
  const about = { question, jobs, embedding };
  if (stream) {
    const left = () => Math.max(0, context.getRemainingTimeInMillis() - reserveMs);
    const body = eventStream((gone) => {
      const signal = AbortSignal.any([gone, AbortSignal.timeout(left())]);
      return events(writeAnswer(question, found, { model, signal }), found, { ...about, gone });
    });
    return { statusCode: 200, headers: { "content-type": "text/event-stream", "cache-control": "no-store" }, body };
  }
  const whole = await answer(question, found, { model, signal: AbortSignal.timeout(answerMs) });
  return json(200, wholeReply(whole, about));
}, problemReply);

type About = { question: string; jobs: ReadonlyMap<string, JobRecord>; embedding: unknown };

async function* events(
  writing: AsyncIterable<AnswerEvent>,
  found: readonly Passage[],
  about: About & { gone: AbortSignal },
) {
  const passages = found.map(({ jobId, startMs, endMs, text }) => shown({ jobId, startMs, endMs, text }, about));
  yield serverSentEvent({ question: about.question, passages, embedding: about.embedding }, "passages");
  try {
    for await (const written of writing) {
      if ("delta" in written) yield serverSentEvent(written, "delta");
      else if ("citation" in written) yield serverSentEvent(shown(written.citation, about), "citation");
      else yield serverSentEvent(wholeReply(written.answer, about), "done");
    }
  } catch (error) {
    if (about.gone.aborted) return;
    const { status, body } = toProblem(error);
    if (status >= 500) log.error("answer broke off", error as Error);
    yield serverSentEvent(body, "error");
  }
}

const wholeReply = ({ citations, ...answered }: Extract<AnswerEvent, { answer: unknown }>["answer"], about: About) => ({
  question: about.question,
  ...answered,
  citations: citations.map((citation) => shown(citation, about)),
  embedding: about.embedding,
});

const shown = <C extends Omit<Citation, "number">>(citation: C, { jobs }: About) => ({
  ...citation,
  fileName: jobs.get(citation.jobId)?.fileName,
  media: mediaAt(citation.jobId, citation.startMs),
});
