import type { Delivery, JobRecord } from "../storage/index.ts";

/** `webhook-id` of the news of a job's end: the same however often they are told, another one for another attempt at the job. */
export const newsId = ({ jobId, attempt }: Pick<JobRecord, "jobId" | "attempt">) => `msg_${jobId}_${attempt}`;

const isTaken = (outcome: Delivery["outcome"]) => typeof outcome === "number" && outcome >= 200 && outcome < 300;

/** What has come of the news of a job's end so far. */
export function toldSoFar(job: Pick<JobRecord, "jobId" | "attempt" | "deliveries">): "nothing" | "tried" | "taken" {
  const tries = (job.deliveries ?? []).filter(({ id }) => id === newsId(job));
  if (tries.some(({ outcome }) => isTaken(outcome))) return "taken";
  return tries.length > 0 ? "tried" : "nothing";
}

/** `type` and `timestamp` as Standard Webhooks has them; the same bytes for every attempt. */
export function newsOf(job: JobRecord): string {
  const { tenant, jobId, status, fileName, createdAt, endedAt, attempt, error, language, languages } = job;
  const about = { tenant, jobId, status, fileName, createdAt, endedAt, attempt, error, language, languages };
  return JSON.stringify({ type: `job.${status}`, timestamp: endedAt, data: { ...about, job: `/v1/jobs/${jobId}` } });
}
