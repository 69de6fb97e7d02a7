import { readFile } from "node:fs/promises";
import { sample } from "../../test/e2e/support/media.ts";
import { type Job, sendJob, waitForAll } from "./jobs.ts";
import { ask } from "./sender.ts";
import type { Tally } from "./tally.ts";
import { makeTenants, type Service, type Tenant } from "./tenants.ts";

export type OverloadReport = {
  /** Jobs taken before and while more was asked for than the service does. */
  accepted: Job[];
  /** Largest resident memory of the host, MiB. */
  hostPeakMiB: number;
};

const jobsBefore = 8;

/**
 * Far more at once than a machine does, one kind of request after the other, each by as many connections as requests. One try each: who is refused is
 * refused. What had been taken before has to come to its end all the same.
 */
export async function runOverload(service: Service, burst: number, tally: Tally): Promise<Job[]> {
  const tenants = await makeTenants(service, 4, tally);
  const file = new Uint8Array(await readFile(sample.german));
  const jobs = await Promise.all(
    Array.from({ length: jobsBefore }, (_, n) => sendJob(tally, tenants[n % 4]!, file, "before.ogg")),
  );
  const accepted = jobs.filter((job) => job !== undefined);
  const known = accepted[0];
  const atOnce = (send: (tenant: Tenant, n: number) => Promise<unknown>) =>
    Promise.all(Array.from({ length: burst }, (_, n) => send(tenants[n % 4]!, n)));

  await atOnce((tenant) => ask(tally, tenant.request("GET /v1/jobs", "/v1/jobs"), { patient: false }));
  await atOnce((tenant, n) => {
    const kinds = [
      tenant.request("GET /v1/search", "/v1/search?q=eins"),
      tenant.request("GET /v1/jobs", "/v1/jobs"),
      { route: "GET /health", url: `${service.api}/health` },
      (known?.tenant ?? tenant).request("GET /v1/jobs/{jobId}", `/v1/jobs/${known?.jobId}`),
    ] as const;
    return ask(tally, kinds[n % kinds.length]!, { patient: false });
  });
  const taken: { url: string; headers: Record<string, string>; tenant: Tenant; jobId: string }[] = [];
  await atOnce(async (tenant) => {
    const body = JSON.stringify({ fileName: "burst.ogg", sizeBytes: file.length });
    const request = tenant.request("POST /v1/uploads", "/v1/uploads", { method: "POST", body });
    const reply = await ask(tally, request, { patient: false });
    if (!reply) return;
    const { jobId, upload } = JSON.parse(reply.toString("utf8"));
    taken.push({ ...upload, tenant, jobId });
  });
  // The bytes of all that were taken, at once; two of them are kept as jobs, the others are deleted as fast as they came.
  await Promise.all(
    taken.map(({ url, headers }) =>
      ask(tally, { route: "PUT (presigned)", method: "PUT", url, headers, body: file }, { patient: true }),
    ),
  );
  accepted.push(...taken.map(({ tenant, jobId }) => ({ tenant, jobId, status: "uploaded" })));
  await waitForAll(accepted);
  return accepted;
}
