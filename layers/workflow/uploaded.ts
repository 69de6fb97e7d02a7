import { derivedJobId, environmentValue, type JobRef, log, MediaError, type TenantId } from "../core/index.ts";
import {
  findJob,
  getObjectText,
  headObject,
  inboxFile,
  type JobOptions,
  type JobRecord,
  type JobRequest,
  jobOfUpload,
  jobOptionsSchema,
  keys,
  optionsFromTexts,
  readRequest,
} from "../storage/index.ts";
import { registerJob } from "./register.ts";
import { startJob } from "./start.ts";

/** Who recognises, for the options of a job that nobody sent through the API. */
export type ModelOf = (options: JobOptions) => string;

const mostOptionBytes = 64 * 1024;

/**
 * Starts the job of an object in the uploads bucket: one that an address was given for, or one that was put into the inbox by hand.
 * However often an event is delivered, and in whatever order, one execution runs for one version of an object.
 * @returns undefined for an object that is no upload
 * @throws MediaError `job.not_found`, `upload.missing`
 */
export async function startUploaded(objectKey: string, modelOf: ModelOf): Promise<JobRecord | undefined> {
  const ref = jobOfUpload(objectKey);
  if (ref) return startJob(ref);
  const file = inboxFile(objectKey);
  return file && startFromInbox(objectKey, file, modelOf);
}

/** The job of one version of an object in the inbox. */
export const inboxJob = (tenant: TenantId, key: string, etag: string): JobRef => ({
  tenant,
  jobId: derivedJobId("inbox", tenant, key, etag.replaceAll('"', "")),
});

async function startFromInbox(
  key: string,
  { tenant, fileName }: { tenant: TenantId; fileName: string },
  modelOf: ModelOf,
): Promise<JobRecord> {
  const bucket = environmentValue("UPLOADS_BUCKET");
  const head = await headObject(bucket, key);
  if (!head) throw new MediaError("upload.missing", "The object of this event is gone.");
  const ref = inboxJob(tenant, key, head.etag);
  const known = await findJob(ref);
  if (known) return known.executionName || known.status === "failed" ? known : startJob(ref);
  const upload = { key, sizeBytes: head.sizeBytes, etag: head.etag };
  try {
    const { options, webhook } = await inboxOptions(bucket, key, head.metadata);
    await registerJob(ref, { fileName, model: modelOf(options), options, upload, webhook });
  } catch (error) {
    if (!(error instanceof MediaError) || error.code !== "request.invalid") throw error;
    return refuse(ref, { fileName, upload }, error, modelOf);
  }
  return startJob(ref);
}

/** Options that lie beside the file count before those in its metadata. Either must be there before the file is. */
async function inboxOptions(bucket: string, key: string, metadata: Record<string, string>): Promise<JobRequest> {
  const beside = await getObjectText(bucket, keys.inboxOptions(key), mostOptionBytes);
  if (beside !== undefined) return optionsFromTexts({ options: beside });
  const prefix = "halfgig-";
  const texts = Object.entries(metadata).flatMap(([name, value]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
  );
  return texts.length > 0 ? optionsFromTexts(Object.fromEntries(texts)) : readRequest({});
}

/** Nobody waits for an answer: the job itself must say that its options cannot be used. */
async function refuse(
  ref: JobRef,
  given: Pick<JobRecord, "fileName" | "upload">,
  error: MediaError,
  modelOf: ModelOf,
): Promise<JobRecord> {
  const options = jobOptionsSchema.parse({});
  log.warn("an object in the inbox has options that cannot be used", { ...ref, code: error.code });
  const { code, message } = error;
  const advice = "Correct the options that lie beside the object or in its metadata, then put the object there again.";
  return registerJob(ref, {
    ...{ ...given, options, model: modelOf(options), status: "failed" },
    error: { code, message, step: "options", advice },
  });
}
