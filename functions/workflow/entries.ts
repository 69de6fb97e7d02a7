import { derivedJobId, type JobId } from "../../layers/core/index.ts";
import { createJob, type JobRecord, keys } from "../../layers/storage/index.ts";
import { markAddress, startJob } from "../../layers/workflow/index.ts";

/** One job for each address of a list, with the options of the list's own. Repeated, it finds the jobs that it has made. */
export async function createEntries(list: JobRecord, addresses: readonly string[]): Promise<JobId[]> {
  const made: JobId[] = [];
  for (const [index, url] of addresses.entries()) {
    const { tenant, model } = list;
    const jobId = derivedJobId(tenant, list.jobId, String(list.attempt), String(index), url);
    const now = new Date().toISOString();
    const options = { ...list.options, url };
    await markAddress({ tenant, jobId, options });
    await createJob({
      ...{ format: 1, tenant, jobId, model, status: "queued", attempt: 1, createdAt: now, updatedAt: now },
      fileName: `${list.fileName} ${index + 1}`,
      options,
      upload: { key: keys.upload({ tenant, jobId }), sizeBytes: 0 },
      entryOf: list.jobId,
    });
    await startJob({ tenant, jobId });
    made.push(jobId);
  }
  return made;
}
