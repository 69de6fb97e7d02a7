import type { JobRef } from "../core/index.ts";
import { createJob, isFinal, type JobRecord, storeWebhook, updateJob, type Webhook } from "../storage/index.ts";
import { markAddress, noFindings } from "./start.ts";

export type NewJob = Pick<JobRecord, "fileName" | "model" | "options" | "upload"> & {
  webhook?: Webhook | undefined;
  /** Why it is over before it began. */
  error?: JobRecord["error"];
  /** @default awaiting_upload */
  status?: JobRecord["status"];
};

/**
 * Puts a job on record before anything of it begins. A content-addressed job that has ended without a result, or was never sent, starts
 * over under its own id; one that runs is left alone.
 */
export async function registerJob(ref: JobRef, { webhook, ...given }: NewJob): Promise<JobRecord> {
  if (webhook) await storeWebhook(ref, webhook);
  await markAddress({ ...ref, options: given.options });
  const now = new Date().toISOString();
  const { tenant, jobId } = ref;
  const told = { ...(webhook ? { webhook: true } : {}) };
  const fresh: JobRecord = {
    ...{ format: 1, tenant, jobId, status: "awaiting_upload", attempt: 1, createdAt: now, updatedAt: now },
    ...given,
    ...told,
  };
  if (await createJob(fresh)) return fresh;
  return updateJob(ref, (job) =>
    job.executionName && !isFinal(job)
      ? undefined
      : {
          ...noFindings,
          ...given,
          status: given.status ?? "awaiting_upload",
          webhook: webhook ? true : undefined,
          // A number once told of, in news or in an execution's name, is used up.
          attempt: job.attempt + (job.executionName === undefined && !isFinal(job) ? 0 : 1),
        },
  );
}
