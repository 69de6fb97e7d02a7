import { z } from "zod";
import {
  createdSchema,
  jobListSchema,
  jobSchema,
  partAddressSchema,
  partsSchema,
  transcriptSchema,
  uploadSchema,
} from "../../client/schemas.ts";
import { bodySchema as askBody } from "../../functions/api/ask-request.ts";
import { jsonSchema as voiceBody } from "../../functions/api/clip.ts";
import { bodySchema as completeBody } from "../../functions/api/complete.ts";
import { querySchema as jobsQuery } from "../../functions/api/jobs.ts";
import { createSchema, querySchema as keysQuery, rotateSchema } from "../../functions/api/keys.ts";
import { querySchema as partQuery } from "../../functions/api/parts.ts";
import { bodySchema as uploadBody } from "../../functions/api/presign.ts";
import { bodySchema as reindexBody } from "../../functions/api/reindex.ts";
import { querySchema as searchQuery } from "../../functions/api/search.ts";
import { healthSchema } from "../../layers/core/health.ts";
import { jobOptionFields, webhookSchema } from "../../layers/storage/index.ts";
import { subtitleOptionsSchema } from "../../layers/transcript/index.ts";
import { voiceReportSchema } from "../../layers/voice/index.ts";
import { modelListSchema, modelSchema, transcriptionForm, transcriptionSchema, translationForm } from "./openai.ts";

export type Content = { type: string; schema: z.ZodType };
/** What a route takes and answers. A reply is JSON unless its type is given; undefined has no body. */
export type Operation = {
  tag: "Uploads" | "Jobs" | "Results" | "Voices" | "Search" | "OpenAI-compatible" | "Keys" | "Service";
  summary: string;
  query?: z.ZodObject;
  /** The request may carry a key by which a repetition is known as the same request. */
  idempotent?: boolean;
  body?: z.ZodType | Content;
  /** By status. */
  replies: Record<number, z.ZodType | Content | undefined>;
};

/** Job options as a request has them, the webhook among them. */
export const jobRequest = z.strictObject({
  ...jobOptionFields,
  webhook: webhookSchema.optional().meta({
    description:
      "Who is told how the job ended, by POST in the form of Standard Webhooks, signed where there is a secret: job.done, job.partial, job.failed (also where its execution was stopped or ran out of time) or job.canceled, once per attempt at the job. Ten tries within about two hours, until one is answered with 2xx within 10 s; 410 ends them. A job that is deleted tells nobody.",
  }),
});

const loose = z.looseObject({});
const text = (type: string): Content => ({ type, schema: z.string() });
const binary = z.string().meta({ contentMediaType: "application/octet-stream" });
const mediaForm = z.looseObject({ file: binary, options: z.string().optional() });
const keySchema = z.looseObject({ keyId: z.string(), tenant: z.string(), scopes: z.array(z.string()) });
const foundSchema = z.looseObject({ query: z.string(), passages: z.array(loose), next: z.number().nullable() });
const textQuery = z.object(
  Object.fromEntries(
    Object.entries({ ...subtitleOptionsSchema.shape, keepDoubtful: jobOptionFields.keepDoubtful }).map(
      ([name, schema]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), schema as z.ZodType],
    ),
  ),
);

const sendMedia: Operation = {
  tag: "Uploads",
  summary: "A file of at most 4.5 MB and its job's options in one request: a form, or the bare bytes.",
  body: { type: "multipart/form-data", schema: mediaForm },
  replies: { 202: createdSchema },
};

/** Every route of stacks/app, and those that only the embedded host has; a test fails where one is missing. */
export const operations: Readonly<Record<string, Operation>> = {
  "POST /v1/uploads": {
    tag: "Uploads",
    summary: "Makes a job, and an address to send its file to: by PUT, as a form, or in parts.",
    body: uploadBody,
    replies: { 200: uploadSchema, 201: uploadSchema },
  },
  "GET /v1/uploads/{jobId}/parts": {
    tag: "Uploads",
    summary: "Which parts of an upload have arrived.",
    replies: { 200: partsSchema },
  },
  "GET /v1/uploads/{jobId}/parts/{partNumber}": {
    tag: "Uploads",
    summary: "A fresh address for one part.",
    query: partQuery,
    replies: { 200: partAddressSchema },
  },
  "GET /v1/uploads/{jobId}/signed/{call}": {
    tag: "Uploads",
    summary:
      "A signed address for one call of S3's multipart API, for upload libraries that make the calls themselves.",
    replies: { 200: partAddressSchema },
  },
  "POST /v1/uploads/{jobId}/complete": {
    tag: "Uploads",
    summary: "Joins the parts of an upload and starts its job.",
    body: completeBody,
    replies: { 202: jobSchema },
  },
  "DELETE /v1/uploads/{jobId}": {
    tag: "Uploads",
    summary: "Gives up an upload in parts; nothing is left of it.",
    replies: { 204: undefined },
  },
  "POST /v1/media": sendMedia,
  "POST /media": { ...sendMedia, summary: `${sendMedia.summary} The same as POST /v1/media.` },
  "POST /v1/jobs": {
    tag: "Jobs",
    summary: "A job of an address: a media file, or a page with one.",
    idempotent: true,
    body: jobRequest.extend({ url: jobOptionFields.url.unwrap() }),
    replies: { 202: createdSchema },
  },
  "GET /v1/jobs": {
    tag: "Jobs",
    summary: "A page of jobs, newest first.",
    query: jobsQuery,
    replies: { 200: jobListSchema },
  },
  "GET /v1/jobs/{jobId}": { tag: "Jobs", summary: "One job, and how far it is.", replies: { 200: jobSchema } },
  "GET /v1/jobs/{jobId}/events": {
    tag: "Jobs",
    summary: "The job as server-sent events, one whenever it has changed.",
    replies: { 200: text("text/event-stream") },
  },
  "POST /v1/jobs/{jobId}/cancel": {
    tag: "Jobs",
    summary: "Ends a job that has not ended.",
    replies: { 202: jobSchema },
  },
  "POST /v1/jobs/{jobId}/retry": {
    tag: "Jobs",
    summary: "Another attempt at a job that failed, was canceled or is partial; only what is missing is done.",
    replies: { 202: jobSchema },
  },
  "DELETE /v1/jobs/{jobId}": {
    tag: "Jobs",
    summary: "Stops the job and deletes its file, its results and its record.",
    replies: { 204: undefined },
  },
  "GET /v1/jobs/{jobId}/media": {
    tag: "Results",
    summary: "An address for playing the job's file.",
    replies: { 200: z.looseObject({ url: z.string(), contentType: z.string(), hasVideo: z.boolean() }) },
  },
  "GET /v1/jobs/{jobId}/{file}": {
    tag: "Results",
    summary:
      "A result: transcript.json, .srt, .vtt, .txt or .tsv, or voice.json. The parameters lay srt and vtt out anew; keep_doubtful is for every text. 307 leads to a large one.",
    query: textQuery,
    replies: { 200: transcriptSchema, 307: undefined },
  },
  "POST /v1/voice": {
    tag: "Voices",
    summary: "Whether the voices of a clip of at most 30 seconds are human or synthetic, in one request.",
    body: voiceBody,
    replies: { 200: voiceReportSchema.extend({ durationMs: z.number() }) },
  },
  "GET /v1/search": {
    tag: "Search",
    summary: "Passages that answer best to a query, with the second where each begins.",
    query: searchQuery,
    replies: { 200: foundSchema },
  },
  "POST /v1/ask": {
    tag: "Search",
    summary:
      "An answer from what was said, with citations. With stream, server-sent events while it is written: passages, citation, delta, and done with this reply; or error, with a problem.",
    body: askBody,
    replies: { 200: z.looseObject({ question: z.string(), citations: z.array(loose) }) },
  },
  "POST /v1/search/reindex": {
    tag: "Search",
    summary: "Forgets all passages, or makes those of one job anew.",
    body: reindexBody,
    replies: { 200: loose },
  },
  "POST /v1/audio/transcriptions": {
    tag: "OpenAI-compatible",
    summary:
      "A transcription in one request, as OpenAI's clients ask for it. Longer files are waited for as jobs. With stream, OpenAI's server-sent events while it is recognised.",
    body: { type: "multipart/form-data", schema: transcriptionForm },
    replies: { 200: transcriptionSchema },
  },
  "POST /v1/audio/translations": {
    tag: "OpenAI-compatible",
    summary: "A translation to English in one request, as OpenAI's clients ask for it.",
    body: { type: "multipart/form-data", schema: translationForm },
    replies: { 200: transcriptionSchema },
  },
  "GET /v1/models": {
    tag: "OpenAI-compatible",
    summary: "The models that requests may name.",
    replies: { 200: modelListSchema },
  },
  "GET /v1/models/{model}": { tag: "OpenAI-compatible", summary: "One of them.", replies: { 200: modelSchema } },
  "GET /v1/keys": {
    tag: "Keys",
    summary: "The API keys of a tenant, without their secrets.",
    query: keysQuery,
    replies: { 200: z.object({ keys: z.array(keySchema) }) },
  },
  "POST /v1/keys": {
    tag: "Keys",
    summary: "A new API key; its secret is told once.",
    body: createSchema,
    replies: { 200: keySchema.extend({ key: z.string() }) },
  },
  "POST /v1/keys/{keyId}/rotate": {
    tag: "Keys",
    summary: "A new secret for a key; the one before stays good for a while.",
    body: rotateSchema,
    replies: { 200: keySchema.extend({ key: z.string() }) },
  },
  "DELETE /v1/keys/{keyId}": { tag: "Keys", summary: "Revokes a key.", replies: { 200: keySchema } },
  "GET /v1/functions": {
    tag: "Service",
    summary: "Each function's memory against its allocation; on the embedded host alone.",
    replies: { 200: loose },
  },
  "GET /health": {
    tag: "Service",
    summary: "That the API answers, which models it works with, and how much it has to do.",
    replies: { 200: healthSchema },
  },
  "GET /openapi.json": { tag: "Service", summary: "This description.", replies: { 200: loose } },
  "GET /docs": { tag: "Service", summary: "This description, to be read.", replies: { 200: text("text/html") } },
};
