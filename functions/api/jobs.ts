import { environmentValue, type JobId, parseJobId } from "../../layers/core/index.ts";
import { findJob, isFinal, type JobRecord, keys, listJobIds, listKeys, readJob } from "../../layers/storage/index.ts";
import { endpoint, json } from "./http.ts";

/** `GET /v1/jobs/{jobId}`: one job's record with its progress. `GET /v1/jobs`: the latest hundred, newest first. */
export const handler = endpoint(async (event) => {
  const id = event.pathParameters?.jobId;
  if (id !== undefined) return json(200, await withProgress(await readJob(parseJobId(id))));
  const ids: JobId[] = [];
  for await (const jobId of listJobIds()) ids.push(jobId);
  const found = await Promise.all(ids.slice(-100).map(findJob));
  const jobs = found.filter((job) => job !== undefined).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  return json(200, { jobs, total: ids.length });
});

/**
 * How far a running job is. Windows that are done are counted where they are written: there is no counter that could disagree. The
 * loop of `exact` mode has no windows to count; it says how far into the file it has come.
 */
async function withProgress(job: JobRecord) {
  if (isFinal(job) || !job.executionName) return job;
  if (job.exact) return { ...job, progress: job.exact };
  if (job.windows === undefined) return job;
  let windowsDone = 0;
  const prefix = keys.resultsPrefix(keys.workPrefix(job.executionName));
  for await (const _ of listKeys(environmentValue("RESULTS_BUCKET"), prefix)) windowsDone++;
  return { ...job, progress: { windows: job.windows, windowsDone } };
}
