import { z } from "zod";
import { environmentValue, type JobId, MediaError, parseJobId } from "../core/index.ts";
import { jobOptionsSchema } from "./job-options.ts";
import { keys } from "./keys.ts";
import { getJson, listKeys, putObject } from "./objects.ts";

export { type JobOptions, jobOptionsSchema, largestGivenTranscriptBytes } from "./job-options.ts";

export const jobErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  step: z.string(),
  /** What a person can do about it. */
  advice: z.string(),
});

export const jobRecordSchema = z.object({
  format: z.literal(1),
  jobId: z.string().transform((text) => parseJobId(text)),
  status: z.enum(["awaiting_upload", "queued", "running", "done", "partial", "failed"]),
  fileName: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  model: z.string(),
  options: jobOptionsSchema,
  upload: z.object({
    key: z.string(),
    sizeBytes: z.number(),
    multipartUploadId: z.string().optional(),
    sha256: z.string().optional(),
  }),
  object: z.object({ etag: z.string(), sizeBytes: z.number() }).optional(),
  /** Counts from 1; a job that is sent again after it failed gets a new execution by it. */
  attempt: z.number().int().default(1),
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
  windows: z.number().optional(),
  /** How far the loop of `exact` mode has come. */
  exact: z.object({ seekMs: z.number(), durationMs: z.number() }).optional(),
  language: z.object({ code: z.string(), probability: z.number() }).optional(),
  ledgerMs: z.object({ speech: z.number(), silence: z.number(), other: z.number(), failed: z.number() }).optional(),
  warnings: z.array(z.string()).optional(),
  /** How long each step worked. Here and not in the transcript, which must be the same however long it took. */
  timingsMs: z
    .object({
      probe: z.number(),
      split: z.number(),
      /** All windows or slices added up; several run at a time. */
      recognition: z.number(),
      merge: z.number(),
    })
    .optional(),
  error: jobErrorSchema.optional(),
});
export type JobRecord = z.output<typeof jobRecordSchema>;

export const finalStatuses: readonly JobRecord["status"][] = ["done", "partial", "failed"];
export const isFinal = (job: Pick<JobRecord, "status">) => finalStatuses.includes(job.status);

const bucket = () => environmentValue("RESULTS_BUCKET");
const serialize = (job: JobRecord) => `${JSON.stringify(job, null, 2)}\n`;

/** @returns false when the job exists already; it is left as it is. */
export async function createJob(job: JobRecord): Promise<boolean> {
  return putObject(bucket(), keys.job(job.jobId), serialize(job), "application/json", { onlyIfAbsent: true });
}

/** @throws MediaError `job.not_found` */
export async function readJob(jobId: JobId): Promise<JobRecord> {
  const job = await findJob(jobId);
  if (job) return job;
  throw new MediaError("job.not_found", `There is no job ${jobId}.`);
}

export async function findJob(jobId: JobId): Promise<JobRecord | undefined> {
  const found = await getJson(bucket(), keys.job(jobId));
  return found && jobRecordSchema.parse(found.value);
}

/**
 * Changes a job's record by read, change, write-if-unchanged. `change` may run several times and must be pure;
 * returning undefined leaves the record as it is.
 * @throws MediaError `storage.conflict` after ten lost races; `job.not_found`
 */
export async function updateJob(
  jobId: JobId,
  change: (job: JobRecord) => Partial<JobRecord> | undefined,
): Promise<JobRecord> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const found = await getJson(bucket(), keys.job(jobId));
    if (!found) throw new MediaError("job.not_found", `There is no job ${jobId}.`);
    const job = jobRecordSchema.parse(found.value);
    const changes = change(job);
    if (changes === undefined) return job;
    const next: JobRecord = { ...job, ...changes, updatedAt: new Date().toISOString() };
    const written = await putObject(bucket(), keys.job(jobId), serialize(next), "application/json", {
      onlyIfEtag: found.etag,
    });
    if (written) return next;
    await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt * Math.random()));
  }
  throw new MediaError("storage.conflict", `The record of job ${jobId} kept changing while it was written. Try again.`);
}

/** Job ids, oldest first (content-addressed ids have no time and sort among them). */
export async function* listJobIds(): AsyncGenerator<JobId> {
  for await (const key of listKeys(bucket(), keys.jobsPrefix)) {
    const match = /^jobs\/(j[0-9a-z]{22})\.json$/.exec(key);
    if (match) yield parseJobId(match[1]);
  }
}
