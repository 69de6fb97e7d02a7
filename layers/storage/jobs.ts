import { z } from "zod";
import { environmentValue, type JobRef, MediaError, parseJobId, parseTenantId } from "../core/index.ts";
import { jobOptionsSchema } from "./job-options.ts";
import { keys } from "./keys.ts";
import { deleteObject, getJson, headObject, putObject } from "./objects.ts";
import { unlessUnsent } from "./unsent.ts";

export * from "./job-options.ts";

export const jobErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  step: z.string(),
  /** What a person can do about it. */
  advice: z.string(),
});

const deliverySchema = z.object({
  /** `webhook-id`: the same for every attempt at the same news. */
  id: z.string(),
  at: z.string(),
  /** The receiver's HTTP status, or why there was none. */
  outcome: z.union([z.number(), z.string()]),
  tookMs: z.number(),
});
export type Delivery = z.output<typeof deliverySchema>;

export const jobRecordSchema = z.object({
  format: z.literal(1),
  tenant: z.string().transform((text) => parseTenantId(text)),
  jobId: z.string().transform((text) => parseJobId(text)),
  status: z.enum(["awaiting_upload", "queued", "running", "done", "partial", "failed", "canceled"]),
  fileName: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** When it came to the state that it ended in. */
  endedAt: z.string().optional(),
  model: z.string(),
  options: jobOptionsSchema,
  upload: z.object({
    key: z.string(),
    sizeBytes: z.number(),
    multipartUploadId: z.string().optional(),
    /** In parts: how many bytes each part but the last has, and whether each comes with its SHA-256. */
    partSizeBytes: z.number().optional(),
    checksums: z.boolean().optional(),
    /** The version of an object that lies where somebody put it; another version is another job. */
    etag: z.string().optional(),
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
  /** A job of an address: what was found there. */
  source: z
    .object({
      title: z.string(),
      /** The captions that were used; null where there were none or none were wanted. */
      captions: z.object({ language: z.string(), automatic: z.boolean() }).nullable(),
    })
    .optional(),
  /** The address was a list: the jobs of its entries. Such a job has no transcript of its own. */
  entries: z.array(z.string().transform((text) => parseJobId(text))).optional(),
  /** The list that this job is an entry of. */
  entryOf: z
    .string()
    .transform((text) => parseJobId(text))
    .optional(),
  windows: z.number().optional(),
  /** How far the loop of `exact` mode has come. */
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
      /** A voice without text. Records of earlier versions count it as `other`. */
      unrecognised: z.number().default(0),
      failed: z.number(),
    })
    .optional(),
  /** Lines that nobody is believed to have said: they are in the JSON only. */
  leftOut: z.number().optional(),
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
  /** Somebody is to be told of the end. */
  webhook: z.boolean().optional(),
  /** The latest attempts to tell them, oldest first; ten at most. */
  deliveries: z.array(deliverySchema).optional(),
});
export type JobRecord = z.output<typeof jobRecordSchema>;

export const finalStatuses: readonly JobRecord["status"][] = ["done", "partial", "failed", "canceled"];
export const isFinal = (job: Pick<JobRecord, "status">) => finalStatuses.includes(job.status);

const recordOf = (stored: unknown): JobRecord => unlessUnsent(jobRecordSchema.parse(stored));

const bucket = () => environmentValue("RESULTS_BUCKET");
const serialize = (job: JobRecord) => `${JSON.stringify(job, null, 2)}\n`;

/**
 * Whoever dies between the record and its name repeats the request, and with it the name; the other way round every
 * repetition, with its own time, would leave one more name behind that leads nowhere.
 * @returns false when the job exists already; it is left as it is.
 */
export async function createJob(job: JobRecord): Promise<boolean> {
  const existing = await findJob(job);
  const isNew =
    !existing && (await putObject(bucket(), keys.job(job), serialize(job), "application/json", { onlyIfAbsent: true }));
  const named = isNew ? job : (existing ?? (await findJob(job)));
  if (named) await nameJob(named);
  return isNew;
}

/** Lets a job be listed. */
async function nameJob(job: JobRecord): Promise<void> {
  await putObject(bucket(), keys.jobByTime(job), job.jobId, "text/plain");
}

/** As `nameJob`, where that was left undone. A name that is there is not written again: the job may be deleted at this moment. */
export async function ensureNamed(job: JobRecord): Promise<void> {
  if (!(await headObject(bucket(), keys.jobByTime(job)))) await nameJob(job);
}

/** @throws MediaError `job.not_found` */
export async function readJob(ref: JobRef): Promise<JobRecord> {
  const job = await findJob(ref);
  if (job) return job;
  throw new MediaError("job.not_found", `There is no job ${ref.jobId}.`);
}

/** Everything that the record itself is kept under. Results and uploads are not touched. */
export async function deleteJobRecord(job: JobRecord): Promise<void> {
  await deleteObject(bucket(), keys.job(job));
  await deleteObject(bucket(), keys.jobByTime(job));
}

export async function findJob(ref: JobRef): Promise<JobRecord | undefined> {
  const found = await getJson(bucket(), keys.job(ref));
  return found && recordOf(found.value);
}

/**
 * Changes a job's record by read, change, write-if-unchanged. `change` may run several times and must be pure;
 * returning undefined leaves the record as it is.
 * @throws MediaError `storage.conflict` after ten lost races; `job.not_found`
 */
export async function updateJob(
  ref: JobRef,
  change: (job: JobRecord) => Partial<JobRecord> | undefined,
): Promise<JobRecord> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const found = await getJson(bucket(), keys.job(ref));
    if (!found) throw new MediaError("job.not_found", `There is no job ${ref.jobId}.`);
    const job = recordOf(found.value);
    const changes = change(job);
    if (changes === undefined) return job;
    const now = new Date().toISOString();
    const next: JobRecord = { ...job, ...changes, updatedAt: now };
    next.endedAt = isFinal(next) ? (isFinal(job) && next.status === job.status && job.endedAt) || now : undefined;
    const written = await putObject(bucket(), keys.job(ref), serialize(next), "application/json", {
      onlyIfEtag: found.etag,
    });
    if (written) return next;
    await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt * Math.random()));
  }
  throw new MediaError(
    "storage.conflict",
    `The record of job ${ref.jobId} kept changing while it was written. Try again.`,
  );
}
