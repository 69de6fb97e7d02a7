import { environmentValue, log, MediaError, readSettings } from "../../layers/core/index.ts";
import { type JobRecord, jobOfUpload, keys, listKeys, readJob } from "../../layers/storage/index.ts";
import { startUploaded } from "../../layers/workflow/index.ts";
import { modelIdentity } from "../api/model-identity.ts";

/**
 * Starts the jobs of uploads whose event was lost: S3 delivers an event at least once, but what no function could take, or
 * what came while a host was down, does not come again. Starting a job twice changes nothing.
 * @throws AggregateError of what could not be started; the others were
 */
export async function handler(): Promise<{ started: number }> {
  const settings = readSettings(process.env);
  const errors: unknown[] = [];
  let started = 0;
  for await (const key of uploads()) {
    try {
      const ref = jobOfUpload(key);
      if (ref && isStarted(await readJob(ref))) continue;
      const now = new Date().toISOString();
      const job = await startUploaded(key, (options) => modelIdentity(options, settings));
      if (job?.executionName && job.updatedAt >= now) started++;
    } catch (error) {
      // A file whose transcript is still to come, or whose job was deleted, is not a lost event.
      if (
        error instanceof MediaError &&
        ["job.not_found", "upload.missing", "storage.object_changed"].includes(error.code)
      )
        continue;
      log.error("a lost upload could not be started", { key, error: error as Error });
      errors.push(error);
    }
  }
  if (started > 0) log.warn("uploads whose event was lost were started", { started });
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} lost uploads could not be started`);
  return { started };
}

/** Before its execution an upload is awaited and an address queued. One that its own first step told of has no ARN on record yet. */
const isStarted = ({ status, executionName, executionArn }: JobRecord) =>
  executionName === undefined ? status !== "awaiting_upload" && status !== "queued" : executionArn !== undefined;

async function* uploads(): AsyncGenerator<string> {
  const bucket = environmentValue("UPLOADS_BUCKET");
  yield* listKeys(bucket, "uploads/");
  yield* listKeys(bucket, keys.inbox);
}
