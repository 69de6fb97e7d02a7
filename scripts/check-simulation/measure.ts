import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { putFile } from "../../cli/client.ts";
import type { Arrival } from "../../layers/plan/index.ts";
import type { InvocationReport } from "../../stacks/local/lambda/index.ts";
import type { DemoHost } from "../../test/e2e/support/demo-host.ts";

/** A job that ran: when it came, what it was, and how long its transcript took. */
export type MeasuredJob = { arrival: Arrival; latencyMs: number; sentMs: number };

/** Sends a file now and waits for its job. @param zeroMs the session's beginning, by Date.now() */
export async function runJob(
  { api }: DemoHost,
  file: { path: string; durationMs: number },
  zeroMs: number,
): Promise<MeasuredJob> {
  const startedMs = Date.now();
  const { size } = await stat(file.path);
  const reply = await api.requestUpload({ fileName: basename(file.path), sizeBytes: size, options: {} });
  if (!reply.upload) throw new Error("no upload address was given");
  await putFile(file.path, size, reply.upload, () => undefined);
  const sentMs = Date.now() - startedMs;
  for (;;) {
    const job = await api.job(reply.jobId);
    if (job.status === "done") {
      const arrival = { atMs: startedMs - zeroMs, durationMs: file.durationMs, windows: job.windows ?? 0 };
      // The record says when it was written, so how often we ask does not matter.
      return { arrival, latencyMs: Date.parse(job.updatedAt) - startedMs, sentMs };
    }
    if (job.status === "failed" || job.status === "partial") throw new Error(`a job ended as ${job.status}`);
    await sleep(250);
  }
}

/** Mean times of one function's calls. */
export type ServiceTime = { coldMs: number; ms: number };

/** @returns mean time of a call of each function, and of the cold starts among them */
export function serviceTimes(reports: readonly InvocationReport[]): Map<string, ServiceTime> {
  const times = new Map<string, ServiceTime>();
  for (const [name, calls] of Map.groupBy(reports, ({ functionName }) => functionName)) {
    const cold = calls.filter(({ coldStart }) => coldStart);
    times.set(name, {
      ms: mean(calls.map(({ durationMs }) => durationMs)),
      coldMs: mean(cold.map(({ initMs }) => initMs)),
    });
  }
  return times;
}

export const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
