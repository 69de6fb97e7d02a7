import type { Health } from "../../layers/core/index.ts";
import type { JobRecord } from "../../layers/storage/index.ts";
import type { Transcript } from "../../layers/transcript/index.ts";

export type { Health, Transcript };

/** A job as the API tells it, with how far it is. */
export type Job = JobRecord & {
  progress?: { windows: number; windowsDone: number } | { seekMs: number; durationMs: number };
};

export type JobPage = { jobs: Job[]; next: string | null };

export type Media = { url: string; contentType: string; hasVideo: boolean; expiresAt: string };

export type Peaks = { format: 1; durationMs: number; stepMs: number; peaks: number[] };

export type UploadReply = {
  jobId: string;
  reused?: boolean;
  upload?:
    | { method: "PUT"; url: string; headers: Record<string, string> }
    | { method: "MULTIPART"; uploadId: string; partSizeBytes: number; partCount: number };
};

export type FunctionUse = {
  name: string;
  allocationMiB: number;
  peakMiB: number | null;
  invocations: number;
  coldStarts: number;
  failures: number;
  environments: number;
  waiting: number;
};

const endings: readonly Job["status"][] = ["done", "partial", "failed", "canceled"];
export const hasEnded = (job: Pick<Job, "status">) => endings.includes(job.status);
export const hasTranscript = (job: Pick<Job, "status">) => job.status === "done" || job.status === "partial";
