import { cancelJob } from "../../layers/workflow/index.ts";
import { audited } from "./audited.ts";
import { endpoint, json } from "./http.ts";
import { jobOf } from "./job-reply.ts";

/** `POST /v1/jobs/{jobId}/cancel`: ends a job that has not ended. Canceling twice changes nothing. */
export const handler = endpoint(audited("job.cancel", async (event) => json(202, await cancelJob(jobOf(event)))));
