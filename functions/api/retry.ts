import { readSettings } from "../../layers/core/index.ts";
import { readJob } from "../../layers/storage/index.ts";
import { retryJob } from "../../layers/workflow/index.ts";
import { admitJob } from "./admit.ts";
import { audited } from "./audited.ts";
import { endpoint, json } from "./http.ts";
import { jobOf } from "./job-reply.ts";
import { modelIdentity } from "./model-identity.ts";

/** `POST /v1/jobs/{jobId}/retry`: another attempt at a job that failed, was canceled or is partial; only what is missing is done. */
export const handler = endpoint(
  audited("job.retry", async (event) => {
    const settings = readSettings(process.env);
    const ref = jobOf(event);
    await admitJob(await readJob(ref), settings);
    return json(202, await retryJob(ref, ({ options }) => modelIdentity(options, settings)));
  }),
);
