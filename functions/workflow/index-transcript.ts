import { log, MediaError } from "../../layers/core/index.ts";
import { indexJob, processSearchIndex } from "../../layers/search/index.ts";
import { updateJob } from "../../layers/storage/index.ts";
import { describeFailure, type IndexOutput, indexInputSchema } from "../../layers/workflow/index.ts";

/**
 * Makes the passages of a job's transcript findable. With a `failure`, says in the job's record why that was not possible: the
 * transcript is there in any case, and the job stays what it is.
 */
export async function handler(event: unknown): Promise<IndexOutput> {
  const { job, executionName, failure } = indexInputSchema.parse(event);
  if (failure) {
    const { message } = describeFailure(failure);
    const warning = `This job cannot be found by search: ${message} \`halfgig reindex\` tries again.`;
    await updateJob(job, (record) =>
      record.executionName === executionName && !record.warnings?.includes(warning)
        ? { warnings: [...(record.warnings ?? []), warning] }
        : undefined,
    ).catch(unlessDeleted);
    return { passages: null };
  }
  if (!(await processSearchIndex())) return { passages: null };
  const indexed = await indexJob(job).catch(unlessDeleted);
  log.info("indexed", { tenant: job.tenant, jobId: job.jobId, passages: indexed?.count });
  return { passages: indexed?.count ?? null };
}

/** Who deletes a job while it is indexed has what they want. */
function unlessDeleted(error: unknown): undefined {
  if (error instanceof MediaError && error.code === "job.not_found") return undefined;
  throw error;
}
