import { releaseJob } from "../../layers/access/index.ts";
import { readSettings } from "../../layers/core/index.ts";
import { processSearchIndex } from "../../layers/search/index.ts";
import { readJob } from "../../layers/storage/index.ts";
import { deleteJob } from "../../layers/workflow/index.ts";
import { audited } from "./audited.ts";
import { endpoint } from "./http.ts";
import { jobOf } from "./job-reply.ts";

/** `DELETE /v1/jobs/{jobId}`: stops the job and deletes its file, its results and its record. What is deleted is not there: 404. */
export const handler = endpoint(
  audited("job.delete", async (event) => {
    const index = await processSearchIndex();
    await deleteJob(await readJob(jobOf(event)), async (ref) => index?.deleteJob(ref));
    await releaseJob(jobOf(event), { mostJobs: readSettings(process.env).TENANT_MAX_JOBS });
    return { statusCode: 204, body: "" };
  }),
);
