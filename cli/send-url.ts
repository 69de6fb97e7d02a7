import type { JobOptions } from "../layers/storage/index.ts";
import type { ApiClient } from "./client.ts";
import { Progress } from "./progress.ts";
import type { SentFile } from "./send-file.ts";
import { printable } from "./terminal.ts";

/** Makes a job of an address and waits for it; for a list, for the job of each of its entries. */
export async function sendUrl(
  api: ApiClient,
  url: string,
  options: { job?: Partial<JobOptions>; source?: Partial<JobOptions>; signal?: AbortSignal },
): Promise<SentFile[]> {
  const progress = new Progress(process.stderr, printable(URL.parse(url)?.host ?? url));
  const wait = (jobId: string) => api.wait(jobId, (status) => progress.job(status), options.signal);
  try {
    const { jobId } = await api.createJob({ ...options.job, ...options.source, url });
    const job = await wait(jobId);
    if (!job.entries) return [{ job, reused: false }];
    const sent: SentFile[] = [];
    for (const entry of job.entries) sent.push({ job: await wait(entry), reused: false });
    return sent;
  } finally {
    progress.end();
  }
}
