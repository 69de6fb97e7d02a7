import { z } from "zod";
import {
  canonicalJson,
  derivedJobId,
  environmentValue,
  type JobId,
  MediaError,
  newJobId,
  readSettings,
  type Settings,
} from "../../layers/core/index.ts";
import {
  createJob,
  findJob,
  isFinal,
  type JobOptions,
  type JobRecord,
  jobOptionsSchema,
  keys,
  presignTranscript,
  presignUpload,
  updateJob,
} from "../../layers/storage/index.ts";
import { endpoint, json, parseBody } from "./http.ts";

const bodySchema = z.strictObject({
  /** Shown to people; never part of a key or a command. */
  fileName: z.string().min(1).max(1024),
  sizeBytes: z.number().int().min(0),
  /** Hex. When given, equal bytes with equal options are one job, and S3 verifies an upload that is not in parts. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  multipart: z.boolean().default(false),
  options: jobOptionsSchema.prefault({}),
});

/**
 * `POST /v1/uploads`: makes a job and the presigned address to send its file to; a second one where a transcript comes with it. The job
 * starts when everything that was announced is there.
 */
export const handler = endpoint(async (event) => {
  const body = parseBody(event, bodySchema);
  const settings = readSettings(process.env);
  const limitBytes = settings.MAX_VIDEO_SIZE_MB * 1_048_576;
  if (body.sizeBytes > limitBytes) {
    throw new MediaError(
      "media.too_large",
      `The file has ${body.sizeBytes} bytes; at most ${limitBytes} are accepted. Send a smaller file, or raise MAX_VIDEO_SIZE_MB.`,
    );
  }
  refuseWhatTheProviderLacks(body.options, settings);
  const model = environmentValue("MODEL_ID");
  const derived = body.sha256 && derivedJobId(body.sha256, canonicalJson(body.options), model);
  const known = derived ? await findJob(derived) : undefined;
  if (known && (known.status === "done" || known.status === "partial" || (known.executionName && !isFinal(known)))) {
    const { jobId, status } = known;
    return json(200, { jobId, status, reused: true, job: `/v1/jobs/${jobId}` });
  }
  // S3 cannot verify the hash of a file in parts: its transcript must not answer for that hash later on.
  const addressed = derived && !body.multipart;
  const jobId = addressed ? derived : newJobId();
  const expiresSeconds = settings.UPLOAD_URL_SECONDS;
  const upload = await presignUpload(jobId, { ...body, expiresSeconds });
  const { transcript: given } = body.options;
  const transcript = given && (await presignTranscript(jobId, { ...given, expiresSeconds }));
  await register(jobId, addressed ? known : undefined, {
    fileName: body.fileName,
    model,
    options: body.options,
    upload: {
      key: keys.upload(jobId),
      sizeBytes: body.sizeBytes,
      sha256: body.sha256,
      multipartUploadId: upload.method === "MULTIPART" ? upload.uploadId : undefined,
    },
  });
  return json(201, { jobId, status: "awaiting_upload", upload, transcript, job: `/v1/jobs/${jobId}` });
});

/** Said before anything is uploaded: the service's own refusal would come window by window. */
function refuseWhatTheProviderLacks(options: JobOptions, { ASR_PROVIDER }: Settings): void {
  if (ASR_PROVIDER === "local" || options.transcript) return;
  const local = ["mode", "task", ...localOptions].find((name) => {
    if (name === "mode") return options.mode === "exact";
    if (name === "task")
      return options.task === "language" || (options.task === "translate" && ASR_PROVIDER !== "openai");
    return options[name as keyof JobOptions] !== undefined;
  });
  if (local === undefined) return;
  const value = local === "mode" || local === "task" ? `"${options[local]}"` : "this option";
  throw new MediaError(
    "request.invalid",
    `options.${local}: ${value} works with the model of this host only, and ASR_PROVIDER=${ASR_PROVIDER} is set. Leave it out.`,
  );
}

const localOptions = [
  ...["hotwords", "beamSize", "patience", "lengthPenalty", "bestOf", "temperatures"],
  ...["compressionRatioThreshold", "logprobThreshold", "noSpeechThreshold"],
];

/** A content-addressed job that failed, or was never sent, starts over under its own id. */
async function register(
  jobId: JobId,
  known: JobRecord | undefined,
  given: Pick<JobRecord, "fileName" | "model" | "options" | "upload">,
): Promise<void> {
  const now = new Date().toISOString();
  const fresh: JobRecord = {
    format: 1,
    jobId,
    status: "awaiting_upload",
    attempt: 1,
    createdAt: now,
    updatedAt: now,
    ...given,
  };
  if (!known && (await createJob(fresh))) return;
  await updateJob(jobId, (job) =>
    job.executionName && !isFinal(job)
      ? undefined
      : {
          ...given,
          status: "awaiting_upload",
          attempt: job.attempt + (job.status === "failed" ? 1 : 0),
          error: undefined,
          windows: undefined,
          exact: undefined,
          executionName: undefined,
          executionArn: undefined,
        },
  );
}
