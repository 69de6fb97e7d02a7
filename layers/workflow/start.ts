import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { canonicalJson, environmentValue, type JobId, log, MediaError, sha256Hex } from "../core/index.ts";
import { headObject, type JobRecord, keys, readJob, updateJob } from "../storage/index.ts";
import type { ExecutionInput } from "./payloads.ts";

let client: SFNClient | undefined;
const sfn = () => {
  client ??= new SFNClient({});
  return client;
};

/** Equal object version, options, model and attempt give an equal name, and Step Functions runs a name once. */
export function executionName(input: ExecutionInput, job: Pick<JobRecord, "model" | "attempt">): string {
  const identity = canonicalJson({ ...input, model: job.model, attempt: job.attempt });
  return `${input.jobId}-${sha256Hex(identity).slice(0, 16)}`;
}

/**
 * Starts the execution of an uploaded job. S3 delivers an event at least once, and `complete` may be called besides:
 * however often this runs, one execution runs.
 * @throws MediaError `upload.missing`, `upload.size_mismatch` (the job is marked failed), `job.not_found`
 */
export async function startJob(jobId: JobId): Promise<JobRecord> {
  let job = await readJob(jobId);
  const bucket = environmentValue("UPLOADS_BUCKET");
  const head = await headObject(bucket, keys.upload(jobId));
  if (!head) {
    throw new MediaError(
      "upload.missing",
      `Nothing was uploaded for job ${jobId} yet. PUT the file to the address that was given for it.`,
    );
  }
  if (head.sizeBytes !== job.upload.sizeBytes) return refuseSize(job, head.sizeBytes);
  if (job.options.transcript && !(await headObject(bucket, keys.givenTranscript(jobId)))) {
    throw new MediaError(
      "upload.missing",
      `The transcript of job ${jobId} was not uploaded yet. PUT it to the address that was given for it.`,
    );
  }
  const input: ExecutionInput = {
    jobId,
    bucket,
    key: keys.upload(jobId),
    etag: head.etag,
    sizeBytes: head.sizeBytes,
    options: job.options,
  };
  if (job.executionName === executionName(input, job)) return job;
  if (job.executionName !== undefined || job.status === "failed") job = await startOver(job);
  const name = executionName(input, job);
  const executionArn = await start(name, input);
  log.info("execution started", { jobId, executionName: name });
  // The first steps may have written the record already: only what is still missing is added.
  return updateJob(jobId, (current) =>
    current.executionName === name
      ? undefined
      : {
          status: "queued",
          executionName: name,
          executionArn,
          object: { etag: head.etag, sizeBytes: head.sizeBytes },
        },
  );
}

/** Other bytes came after an earlier execution: what that one found out is not true of them, and its name is used up. */
function startOver({ jobId, executionName }: JobRecord): Promise<JobRecord> {
  const findings = { media: undefined, language: undefined, ledgerMs: undefined, warnings: undefined };
  const progress = { windows: undefined, exact: undefined, timingsMs: undefined, error: undefined };
  return updateJob(jobId, (current) =>
    current.executionName === executionName
      ? {
          ...{ ...findings, ...progress, executionName: undefined, executionArn: undefined },
          // What the sweep looks for, in case the host ends before the new execution is started.
          status: "awaiting_upload",
          attempt: current.attempt + 1,
        }
      : undefined,
  );
}

async function start(name: string, input: ExecutionInput): Promise<string> {
  const stateMachineArn = environmentValue("STATE_MACHINE_ARN");
  try {
    const reply = await sfn().send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    return reply.executionArn ?? "";
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
    return `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
  }
}

async function refuseSize(job: JobRecord, storedBytes: number): Promise<JobRecord> {
  const message = `The upload has ${storedBytes} bytes, but ${job.upload.sizeBytes} were announced.`;
  return updateJob(job.jobId, () => ({
    status: "failed",
    error: {
      code: "upload.size_mismatch",
      message,
      step: "upload",
      advice: "Ask for a new upload and send the file whole.",
    },
  }));
}
