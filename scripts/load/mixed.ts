import { readFile } from "node:fs/promises";
import { sample } from "../../test/e2e/support/media.ts";
import { Random } from "../eval/index.ts";
import { type Job, sendJob, waitForAll } from "./jobs.ts";
import { MemoryCourse } from "./memory.ts";
import type { LoadOptions } from "./options.ts";
import { ask } from "./sender.ts";
import type { Tally } from "./tally.ts";
import { makeTenants, type Service, type Tenant } from "./tenants.ts";

export type MixedReport = { jobs: Job[]; accepted: number; memory: MemoryCourse; seconds: number };

const tenantCount = 4;
/** Jobs on their way at once: what a person's upload of a folder is. */
const uploaders = 4;

/** Small jobs of several tenants, and beside them, by clients of the same tenants, requests of every kind that reads. */
export async function runMixed(
  service: Service & { pid: number },
  { jobs: wanted, requests, clients }: LoadOptions,
  tally: Tally,
): Promise<MixedReport> {
  const tenants = await makeTenants(service, tenantCount, tally);
  const file = new Uint8Array(await readFile(sample.german));
  const jobs: Job[] = [];
  const startedMs = performance.now();
  using memory = new MemoryCourse(service.pid);
  let toSend = wanted;
  const upload = async (n: number) => {
    for (; toSend > 0; ) {
      toSend--;
      const job = await sendJob(tally, tenants[n % tenantCount]!, file, "digits.de.ogg");
      if (job) jobs.push(job);
    }
  };
  let toAsk = requests;
  const read = async (n: number) => {
    const tenant = tenants[n % tenantCount]!;
    const random = new Random(`load ${n}`);
    for (; toAsk > 0; ) {
      toAsk--;
      await readSomething(service, tally, tenant, jobs, random);
    }
  };
  await Promise.all([
    ...Array.from({ length: uploaders }, (_, n) => upload(n)),
    ...Array.from({ length: clients }, (_, n) => read(n)),
  ]);
  await waitForAll(jobs);
  return { jobs, accepted: jobs.length, memory, seconds: (performance.now() - startedMs) / 1000 };
}

async function readSomething(
  { api }: Service,
  tally: Tally,
  tenant: Tenant,
  jobs: readonly Job[],
  random: Random,
): Promise<void> {
  const own = jobs.filter((job) => job.tenant === tenant);
  const any = own.length > 0 ? random.choice(own) : undefined;
  const done = own.filter(({ status }) => status === "done");
  const finished = done.length > 0 ? random.choice(done) : undefined;
  const dice = random.next();
  if (dice < 0.15) return void (await tenant.ask("GET /v1/jobs", `/v1/jobs?limit=${random.integer(1, 100)}`, {}));
  if (dice < 0.45 && any) return void (await lookAt(tenant, any));
  if (dice < 0.7 && finished) {
    const format = random.choice(["json", "srt", "vtt", "txt", "tsv"]);
    return void (await tenant.ask("GET /v1/jobs/{jobId}/{file}", `/v1/jobs/${finished.jobId}/transcript.${format}`));
  }
  if (dice < 0.85) return void (await tenant.ask("GET /v1/search", `/v1/search?q=${random.choice(words)}`));
  if (dice < 0.9) return void (await ask(tally, { route: "GET /openapi.json", url: `${api}/openapi.json` }));
  await ask(tally, { route: "GET /health", url: `${api}/health` });
}

const words = ["eins", "zwei", "drei", "one two", "seven"];

async function lookAt(tenant: Tenant, job: Job): Promise<void> {
  const found = await tenant.ask("GET /v1/jobs/{jobId}", `/v1/jobs/${job.jobId}`);
  if (found) job.status = (found as { status: string }).status;
}
