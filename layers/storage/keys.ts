import { type JobId, type ObjectKey, parseJobId } from "../core/index.ts";

/** The forms in which a transcript is kept. */
export const transcriptFormats = ["json", "srt", "vtt", "txt", "tsv"] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

const key = (text: string) => text as ObjectKey;

/**
 * Every object key of the app, in one place. Keys are made of ids and numbers only:
 * a file name that somebody sent never becomes part of a key.
 *
 * uploads bucket: `uploads/<jobId>/source`, `uploads/<jobId>/transcript`
 * results bucket: `jobs/<jobId>.json`, `transcripts/<jobId>/transcript.<format>`, `work/<execution>/…`
 */
export const keys = {
  upload: (jobId: JobId) => key(`uploads/${jobId}/source`),
  givenTranscript: (jobId: JobId) => key(`uploads/${jobId}/transcript`),
  job: (jobId: JobId) => key(`jobs/${jobId}.json`),
  jobsPrefix: key("jobs/"),
  transcript: (jobId: JobId, format: TranscriptFormat) => key(`transcripts/${jobId}/transcript.${format}`),
  workPrefix: (executionName: string) => key(`work/${executionName}/`),
  plan: (workPrefix: string) => key(`${workPrefix}plan.jsonl`),
  activity: (workPrefix: string) => key(`${workPrefix}activity.jsonl`),
  probe: (workPrefix: string) => key(`${workPrefix}probe.json`),
  window: (workPrefix: string, index: number) => key(`${workPrefix}windows/${padded(index)}.pcm`),
  /** The whole decoded audio, for `exact` mode. */
  audio: (workPrefix: string) => key(`${workPrefix}audio.pcm`),
  exactSlice: (workPrefix: string, slice: number) => key(`${workPrefix}exact/${padded(slice)}.json`),
  resultsPrefix: (workPrefix: string) => key(`${workPrefix}results/`),
  result: (workPrefix: string, index: number) => key(`${workPrefix}results/${padded(index)}.json`),
} as const;

/** Six digits keep byte order and number order the same for a million windows (348 days at 30 s). */
function padded(index: number): string {
  return String(index).padStart(6, "0");
}

/** The job that a file or its transcript was uploaded for; undefined for keys that are not an upload of ours. */
export function jobOfUpload(objectKey: string): JobId | undefined {
  const match = /^uploads\/(j[0-9a-z]{22})\/(?:source|transcript)$/.exec(objectKey);
  return match ? parseJobId(match[1]) : undefined;
}
