import { setTimeout as sleep } from "node:timers/promises";
import { appendAudit } from "../../../layers/access/index.ts";
import {
  canonicalJson,
  derivedJobId,
  type ErrorCode,
  environmentValue,
  errorCodes,
  type JobRef,
  MediaError,
  type Settings,
  sha256Hex,
  type TenantId,
} from "../../../layers/core/index.ts";
import { findJob, getJson, isFinal, type JobRecord, keys, putObject, readJob } from "../../../layers/storage/index.ts";
import { type Transcript, transcriptSchema } from "../../../layers/transcript/index.ts";
import { registerJob, startJob } from "../../../layers/workflow/index.ts";
import { admitJob } from "../admit.ts";
import { modelIdentity } from "../model-identity.ts";
import type { AudioRequest } from "./request.ts";

type Sent = Pick<AudioRequest, "audio" | "fileName" | "options"> & { tenant: TenantId; keyId: string };

/**
 * Has the ordinary workflow transcribe a file. The job is known by its bytes and options: who sends the same again, as clients do by
 * themselves after a timeout, waits for the same job.
 */
export async function startAsJob(
  { tenant, keyId, audio, fileName, options }: Sent,
  settings: Settings,
): Promise<JobRef> {
  const model = modelIdentity(options, settings);
  const ref = { tenant, jobId: derivedJobId(tenant, sha256Hex(audio), canonicalJson(options), model) };
  const earlier = await findJob(ref);
  if (!earlier || needsStart(earlier)) {
    await admit(ref, keyId, settings);
    const key = keys.upload(ref);
    const bucket = environmentValue("UPLOADS_BUCKET");
    // The event of the object may come before there is a job of it: then it changes nothing.
    await putObject(bucket, key, audio, "application/octet-stream");
    await registerJob(ref, { fileName, model, options, upload: { key, sizeBytes: audio.length } });
    await startJob(ref);
  }
  return ref;
}

/**
 * The transcript of a job, waited for as long as the signal allows.
 * @throws MediaError `request.timeout` where the job is still at work; what the job failed with
 */
export async function transcriptOfJob(ref: JobRef, signal: AbortSignal): Promise<Transcript> {
  for await (const job of follow(ref, signal)) if (isFinal(job)) return storedTranscript(job);
  throw new MediaError("job.not_ready", `Job ${ref.jobId} has not ended.`);
}

/** @throws MediaError `transcript.incomplete` */
export async function storedTranscript(job: JobRecord): Promise<Transcript> {
  const stored = await getJson(environmentValue("RESULTS_BUCKET"), keys.transcript(job, "json"));
  if (stored) return transcriptSchema.parse(stored.value);
  throw new MediaError("transcript.incomplete", `Job ${job.jobId} is ${job.status}, and its transcript is not there.`);
}

/** As any other job: it takes one of its tenant's places, and it is on record who asked for it. */
async function admit(ref: JobRef, keyId: string, settings: Settings): Promise<void> {
  const record = { tenant: ref.tenant, by: keyId, action: "job.create", subject: ref.jobId } as const;
  try {
    await admitJob(ref, settings);
  } catch (error) {
    await appendAudit({ ...record, outcome: error instanceof MediaError ? error.code : "internal" });
    throw error;
  }
  await appendAudit({ ...record, outcome: "ok" });
}

/** Neither at work nor ended with a result. */
const needsStart = ({ status, executionName }: JobRecord) =>
  status === "failed" || status === "canceled" || executionName === undefined;

/** The job as it is, again and again until it has ended well. @throws as `transcriptOfJob` */
export async function* follow(ref: JobRef, signal: AbortSignal): AsyncGenerator<JobRecord, void> {
  for (let pauseMs = 150; ; pauseMs = Math.min(1_000, pauseMs * 1.3)) {
    const job = await readJob(ref);
    if (job.status === "failed") throw failureOf(job);
    if (job.status === "canceled") throw new MediaError("job.canceled", `Job ${ref.jobId} was canceled.`);
    yield job;
    if (isFinal(job)) return;
    await sleep(pauseMs, undefined, { signal }).catch(() => {
      const how = `GET /v1/jobs/${ref.jobId} says how far it is; sending the same file again waits for the same job.`;
      throw new MediaError(
        "request.timeout",
        `The file takes longer than one request may. It is job ${ref.jobId}: ${how}`,
      );
    });
  }
}

function failureOf({ jobId, error }: JobRecord): MediaError {
  const message = `Job ${jobId} failed at ${error?.step}: ${error?.message} ${error?.advice ?? ""}`.trimEnd();
  return new MediaError(error && error.code in errorCodes ? (error.code as ErrorCode) : "job.failed", message);
}
