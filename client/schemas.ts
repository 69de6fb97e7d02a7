import { z } from "zod";
import { transcriptSchema } from "../layers/transcript/types.ts";

/** What the API answers. The description in /openapi.json is made of these, and the client reads every reply by them. */

const status = z.enum(["awaiting_upload", "queued", "running", "done", "partial", "failed", "canceled"]);

export const jobSchema = z.object({
  format: z.literal(1),
  tenant: z.string(),
  jobId: z.string(),
  status,
  fileName: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.string().optional(),
  model: z.string(),
  options: z.record(z.string(), z.unknown()),
  upload: z.looseObject({ sizeBytes: z.number() }),
  object: z.object({ etag: z.string(), sizeBytes: z.number() }).optional(),
  attempt: z.number(),
  executionName: z.string().optional(),
  executionArn: z.string().optional(),
  media: z
    .object({
      container: z.string(),
      durationMs: z.number().nullable(),
      audioCodec: z.string(),
      video: z.string().nullable(),
    })
    .optional(),
  source: z.looseObject({ title: z.string() }).optional(),
  /** The address was a list: the jobs of its entries. */
  entries: z.array(z.string()).optional(),
  entryOf: z.string().optional(),
  windows: z.number().optional(),
  exact: z.object({ seekMs: z.number(), durationMs: z.number() }).optional(),
  /** The language spoken longest. */
  language: z.object({ code: z.string(), probability: z.number() }).optional(),
  /** All that are spoken, the longest first. */
  languages: z.array(z.object({ code: z.string(), share: z.number() })).optional(),
  ledgerMs: z
    .object({
      speech: z.number(),
      silence: z.number(),
      other: z.number(),
      /** A voice without text. */
      unrecognised: z.number().default(0),
      failed: z.number(),
    })
    .optional(),
  /** Lines that nobody is believed to have said: they are in the JSON only. */
  leftOut: z.number().optional(),
  warnings: z.array(z.string()).optional(),
  timingsMs: z.record(z.string(), z.number()).optional(),
  error: z.object({ code: z.string(), message: z.string(), step: z.string(), advice: z.string() }).optional(),
  webhook: z.boolean().optional(),
  deliveries: z.array(z.looseObject({ id: z.string() })).optional(),
  /** While it runs: windows that are done, or how far into the file `exact` mode has come. */
  progress: z
    .union([
      z.object({ windows: z.number(), windowsDone: z.number() }),
      z.object({ seekMs: z.number(), durationMs: z.number() }),
    ])
    .optional(),
});
export type Job = z.output<typeof jobSchema>;

export const jobListSchema = z.object({ jobs: z.array(jobSchema), next: z.string().nullable() });

/** A job that was made by one request. */
export const createdSchema = z.object({ jobId: z.string(), status, job: z.string() });

const put = z.object({ method: z.literal("PUT"), url: z.string(), headers: z.record(z.string(), z.string()) });

export const uploadSchema = z.object({
  jobId: z.string(),
  status,
  job: z.string(),
  /** The same bytes with the same options were done already: there is nothing to send. */
  reused: z.boolean().optional(),
  upload: z
    .union([
      put,
      z.looseObject({ method: z.literal("MULTIPART"), uploadId: z.string(), partSizeBytes: z.number() }),
      z.looseObject({ method: z.literal("POST"), url: z.string(), fields: z.record(z.string(), z.string()) }),
    ])
    .optional(),
  transcript: z.looseObject({ url: z.string() }).optional(),
});

export const partsSchema = z.object({
  uploadId: z.string(),
  partSizeBytes: z.number(),
  partCount: z.number(),
  parts: z.array(z.looseObject({ partNumber: z.number(), etag: z.string() })),
});

export const partAddressSchema = z.looseObject({
  url: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
});

/** RFC 9457. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().optional(),
  code: z.string().optional(),
});

export { transcriptSchema };
