import { readSettings } from "../../layers/core/index.ts";
import { retryJob } from "../../layers/workflow/index.ts";
import { endpoint, json } from "./http.ts";
import { jobOf } from "./job-reply.ts";
import { modelIdentity } from "./model-identity.ts";

/** `POST /v1/jobs/{jobId}/retry`: another attempt at a job that failed, was canceled or is partial; only what is missing is done. */
export const handler = endpoint(async (event) => {
  const settings = readSettings(process.env);
  return json(202, await retryJob(jobOf(event), ({ options }) => modelIdentity(options, settings)));
});
