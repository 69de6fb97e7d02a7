import { MediaError, readSettings } from "../../layers/core/index.ts";
import { guardOf } from "../../layers/fetch/index.ts";
import { findJob, jobRequestSchema, keys } from "../../layers/storage/index.ts";
import { registerJob, startJob } from "../../layers/workflow/index.ts";
import { admitJob } from "./admit.ts";
import { audited } from "./audited.ts";
import { callerOf } from "./caller.ts";
import { endpoint, json, parseBody } from "./http.ts";
import { jobIdOf, requireSameRequest } from "./idempotency.ts";
import { modelIdentity } from "./model-identity.ts";
import { refuseWhatTheProviderLacks } from "./provider-options.ts";

/**
 * `POST /v1/jobs`: a job of an address, with its options beside it. The address is checked here as far as it can be without asking
 * anybody; what it leads to is found out by the job.
 */
export const handler = endpoint(
  audited("job.create", async (event) => {
    const { tenant } = callerOf(event);
    const { options, webhook } = parseBody(event, jobRequestSchema);
    if (options.url === undefined)
      throw new MediaError("request.invalid", "url: is needed; files go to POST /v1/uploads.");
    if (options.transcript) {
      throw new MediaError("request.invalid", "transcript: belongs to an upload. Leave it out, or upload the file.");
    }
    const settings = readSettings(process.env);
    const url = guardOf(settings).checkUrl(options.url);
    refuseWhatTheProviderLacks(options, settings);
    const { jobId, keyed } = jobIdOf(event, tenant);
    const ref = { tenant, jobId };
    const known = keyed ? await findJob(ref) : undefined;
    if (known) requireSameRequest(known, options);
    else {
      await admitJob(ref, settings);
      await registerJob(ref, {
        fileName: nameOf(url),
        status: "queued",
        model: modelIdentity(options, settings),
        ...{ options, webhook },
        upload: { key: keys.upload(ref), sizeBytes: 0 },
      });
    }
    // Whoever made a known one may have died before its work began.
    const { status } = await startJob(ref);
    return json(202, { jobId: ref.jobId, status, job: `/v1/jobs/${ref.jobId}` });
  }),
);

/** For people, until the job has found a title: the address without what may be secret in it. */
function nameOf(url: { hostname: string; pathname: string }): string {
  return `${url.hostname}${url.pathname}`.slice(0, 200);
}
