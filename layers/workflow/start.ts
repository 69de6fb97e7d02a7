import {
  canonicalJson,
  environmentValue,
  executionNameOf,
  type JobRef,
  log,
  MediaError,
  sha256Hex,
} from "../core/index.ts";
import { ensureNamed, headObject, type JobRecord, keys, putObject, readJob, updateJob } from "../storage/index.ts";
import { executionArnOf, startExecution } from "./execution.ts";
import { isSuperseded } from "./own.ts";
import type { ExecutionInput } from "./payloads.ts";
import { tellOfEnd } from "./tell.ts";

/**
 * Equal object version, options, model and attempt give an equal name, and Step Functions runs a name once. Attempts at the same work
 * differ in their number alone. A job that was deleted and sent again has its old id and a new time: names that were used are not
 * forgotten for 90 days.
 */
export function executionName(input: ExecutionInput, job: Pick<JobRecord, "model" | "attempt" | "createdAt">): string {
  const { webhook: _, ...work } = input;
  const identity = canonicalJson({ ...work, model: job.model, createdAt: job.createdAt });
  return executionNameOf(input, sha256Hex(identity).slice(0, 16), job.attempt);
}

/**
 * Starts the execution of an uploaded job. S3 delivers an event at least once, and `complete` may be called besides:
 * however often this runs, one execution runs.
 * @throws MediaError `upload.missing`, `upload.size_mismatch` (the job is marked failed), `job.not_found`, `storage.object_changed`
 */
export async function startJob({ tenant, jobId }: JobRef): Promise<JobRecord> {
  const ref = { tenant, jobId };
  let job = await readJob(ref);
  if (job.status === "canceled") return job;
  if (job.options.url !== undefined) return startFetch(job);
  const bucket = environmentValue("UPLOADS_BUCKET");
  const { key } = job.upload;
  const head = await headObject(bucket, key);
  if (!head) {
    throw new MediaError(
      "upload.missing",
      `Nothing was uploaded for job ${jobId} yet. PUT the file to the address that was given for it.`,
    );
  }
  requireVersion(ref, job.upload, head.etag);
  if (head.sizeBytes !== job.upload.sizeBytes) return refuseSize(job, head.sizeBytes);
  if (job.options.transcript && !(await headObject(bucket, keys.givenTranscript(ref)))) {
    throw new MediaError(
      "upload.missing",
      `The transcript of job ${jobId} was not uploaded yet. PUT it to the address that was given for it.`,
    );
  }
  const input: ExecutionInput = {
    tenant,
    jobId,
    bucket,
    key,
    etag: head.etag,
    sizeBytes: head.sizeBytes,
    options: job.options,
    webhook: job.webhook === true,
  };
  if (job.executionName === executionName(input, job)) return withArn(job, job.executionName);
  if (job.executionName !== undefined || job.status === "failed") job = await startOver(job);
  const name = executionName(input, job);
  const executionArn = await startExecution(name, input);
  log.info("execution started", { tenant, jobId, executionName: name });
  return recordStart(ref, { name, executionArn, object: { etag: head.etag, sizeBytes: head.sizeBytes } });
}

/**
 * The first steps may have written the record already, even its end: then only the execution's ARN is missing, without which it could
 * not be stopped.
 */
function recordStart(
  ref: JobRef,
  { name, executionArn, object }: { name: string; executionArn: string; object?: JobRecord["object"] },
): Promise<JobRecord> {
  return updateJob(ref, (current) => {
    if (current.executionName === name) return current.executionArn === undefined ? { executionArn } : undefined;
    if (current.status === "canceled" || isSuperseded(current, name)) return undefined;
    return { status: "queued", executionName: name, executionArn, ...(object ? { object } : {}) };
  });
}

/** Its own first step says that an execution runs, but not what its ARN is; who would have said so may have died. */
function withArn(job: JobRecord, name: string): JobRecord | Promise<JobRecord> {
  return job.executionArn === undefined ? recordStart(job, { name, executionArn: executionArnOf(name) }) : job;
}

/**
 * @throws MediaError `upload.missing` where the file of a job was never sent or is gone, `storage.object_changed` where other bytes lie
 *   in its place, `job.not_found`
 */
export async function requireUpload(ref: JobRef): Promise<JobRecord> {
  const job = await readJob(ref);
  if (job.options.url !== undefined) return job;
  const head = await headObject(environmentValue("UPLOADS_BUCKET"), job.upload.key);
  if (!head) {
    throw new MediaError(
      "upload.missing",
      `The file of job ${ref.jobId} is not kept any more: uploads go after a week. Send it again.`,
    );
  }
  requireVersion(ref, job.upload, head.etag);
  return job;
}

/** @throws MediaError `storage.object_changed` */
function requireVersion({ jobId }: JobRef, upload: JobRecord["upload"], etag: string): void {
  if (upload.etag === undefined || upload.etag === etag) return;
  throw new MediaError(
    "storage.object_changed",
    `Other bytes lie where job ${jobId} had its file; they have their own job.`,
  );
}

/** Starts the execution of a job whose media is fetched by its first step. What that step stores is an upload too: its event changes nothing. */
async function startFetch(job: JobRecord): Promise<JobRecord> {
  const { tenant, jobId, options } = job;
  const bucket = environmentValue("UPLOADS_BUCKET");
  const webhook = job.webhook === true;
  const input: ExecutionInput = {
    ...{ tenant, jobId, bucket, key: keys.upload(job), etag: "", sizeBytes: 0, options, webhook },
  };
  const name = executionName(input, job);
  if (job.executionName === name) return withArn(job, name);
  // Who made the record may have died before the name, and nobody may ever repeat the request.
  await ensureNamed(job);
  const executionArn = await startExecution(name, input);
  log.info("execution started", { tenant, jobId, executionName: name });
  return recordStart(job, { name, executionArn });
}

/**
 * What is sent is in the uploads bucket before its job is on record, an address as well as a file: so the bucket's event, or the sweep,
 * finds it where its maker dies before the execution has begun.
 */
export async function markAddress({ tenant, jobId, options }: JobRef & Pick<JobRecord, "options">): Promise<void> {
  if (options.url === undefined) return;
  await putObject(environmentValue("UPLOADS_BUCKET"), keys.addressUpload({ tenant, jobId }), "", "text/plain");
}

/** What an execution finds out about its job: forgotten where another one begins. */
export const noFindings = {
  ...{
    media: undefined,
    language: undefined,
    languages: undefined,
    ledgerMs: undefined,
    leftOut: undefined,
    warnings: undefined,
    deliveries: undefined,
  },
  ...{ windows: undefined, exact: undefined, timingsMs: undefined, error: undefined },
  ...{ executionName: undefined, executionArn: undefined },
} satisfies Partial<JobRecord>;

/** Other bytes came after an earlier execution: what that one found out is not true of them, and its name is used up. */
function startOver(job: JobRecord): Promise<JobRecord> {
  const { executionName } = job;
  return updateJob(job, (current) =>
    current.executionName === executionName
      ? {
          ...noFindings,
          // What the sweep looks for, in case the host ends before the new execution is started.
          status: "awaiting_upload",
          attempt: current.attempt + 1,
        }
      : undefined,
  );
}

async function refuseSize(job: JobRecord, storedBytes: number): Promise<JobRecord> {
  const message = `The upload has ${storedBytes} bytes, but ${job.upload.sizeBytes} were announced.`;
  const failed = await updateJob(job, () => ({
    status: "failed",
    error: {
      code: "upload.size_mismatch",
      message,
      step: "upload",
      advice: "Ask for a new upload and send the file whole.",
    },
  }));
  await tellOfEnd(failed);
  return failed;
}
