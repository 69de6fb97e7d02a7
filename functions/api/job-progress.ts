import { environmentValue } from "../../layers/core/index.ts";
import { isFinal, type JobRecord, keys, listKeys } from "../../layers/storage/index.ts";

/**
 * How far a running job is. Windows that are done are counted where they are written: there is no counter that could disagree. The
 * loop of `exact` mode has no windows to count; it says how far into the file it has come.
 */
export async function withProgress(job: JobRecord) {
  if (isFinal(job) || !job.executionName) return job;
  if (job.exact) return { ...job, progress: job.exact };
  if (job.windows === undefined) return job;
  let windowsDone = 0;
  const prefix = keys.resultsPrefix(keys.workPrefix(job.executionName));
  for await (const _ of listKeys(environmentValue("RESULTS_BUCKET"), prefix)) windowsDone++;
  return { ...job, progress: { windows: job.windows, windowsDone } };
}
