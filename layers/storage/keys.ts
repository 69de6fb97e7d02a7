import {
  type JobId,
  type JobRef,
  type ObjectKey,
  parseJobId,
  parseTenantId,
  type TenantId,
  workOfExecution,
} from "../core/index.ts";

/** The forms in which a transcript is kept. */
export const transcriptFormats = ["json", "srt", "vtt", "txt", "tsv"] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

const key = (text: string) => text as ObjectKey;

/**
 * Every object key of the app, in one place. Keys are made of ids and numbers only:
 * a file name that somebody sent never becomes part of a key.
 *
 * uploads bucket: `uploads/<tenant>/<jobId>/source`, `…/transcript`, and of a job of an address, `…/address`
 * uploads bucket: `inbox/<tenant>/<any name>`: put there by hand, the one place where names are somebody else's
 * results bucket: `jobs/<tenant>/<jobId>.json`, `jobs/<tenant>/by-time/<reversed time>-<jobId>`, `webhooks/<tenant>/<jobId>.json`, `transcripts/<tenant>/<jobId>/transcript.<format>`, `work/<execution>/…`
 */
export const keys = {
  uploadsOf: ({ tenant, jobId }: JobRef) => key(`uploads/${tenant}/${jobId}/`),
  upload: ({ tenant, jobId }: JobRef) => key(`uploads/${tenant}/${jobId}/source`),
  givenTranscript: ({ tenant, jobId }: JobRef) => key(`uploads/${tenant}/${jobId}/transcript`),
  /** An empty object: what came was an address, which is in the job's record. */
  addressUpload: ({ tenant, jobId }: JobRef) => key(`uploads/${tenant}/${jobId}/address`),
  job: ({ tenant, jobId }: JobRef) => key(`jobs/${tenant}/${jobId}.json`),
  /** Under these a tenant's jobs are listed by time, the newest first. */
  jobsByTime: (tenant: TenantId) => key(`jobs/${tenant}/by-time/`),
  jobByTime: ({ tenant, jobId, createdAt }: JobRef & { createdAt: string }) =>
    key(`jobs/${tenant}/by-time/${reversedTime(Date.parse(createdAt))}-${jobId}`),
  /** Whom to tell when the job ends, and with which secret. */
  webhook: ({ tenant, jobId }: JobRef) => key(`webhooks/${tenant}/${jobId}.json`),
  /** A key of the API; `keys/of/` lists them by tenant. */
  accessKey: (keyId: string) => key(`keys/${keyId}.json`),
  accessKeysOf: (tenant: TenantId) => key(`keys/of/${tenant}/`),
  accessKeyOf: (tenant: TenantId, keyId: string) => key(`keys/of/${tenant}/${keyId}`),
  /** The day on which a key was last used; apart from the key, so that who notes it cannot change the key. */
  accessKeyUse: (keyId: string) => key(`keyuse/${keyId}.json`),
  /** Which jobs of a tenant are in flight, as far as that is limited. */
  jobsInFlight: (tenant: TenantId) => key(`quota/${tenant}/jobs.json`),
  /** What of a day's minutes a tenant has used, as far as that is limited; `day` as 2026-11-21. */
  minutesOfDay: (tenant: TenantId, day: string) => key(`quota/${tenant}/minutes/${day}.json`),
  /** One record of who did what; `at` in ISO 8601. */
  audit: (tenant: TenantId, at: string, name: string) =>
    key(`audit/${tenant}/${at.slice(0, 10)}/${at.slice(11).replace(/[:.]/g, "")}-${name}.json`),
  inbox: key("inbox/"),
  inboxOptions: (objectKey: string) => key(`${objectKey}${optionsSuffix}`),
  transcriptsOf: ({ tenant, jobId }: JobRef) => key(`transcripts/${tenant}/${jobId}/`),
  transcript: ({ tenant, jobId }: JobRef, format: TranscriptFormat) =>
    key(`transcripts/${tenant}/${jobId}/transcript.${format}`),
  /** What was found out about the voices, with its evidence. */
  voice: ({ tenant, jobId }: JobRef) => key(`transcripts/${tenant}/${jobId}/voice.json`),
  /** How loud the audio is, for drawing. */
  peaks: ({ tenant, jobId }: JobRef) => key(`transcripts/${tenant}/${jobId}/peaks.json`),
  /** A built model that is too large for a layer; `folder` is the name of its build. */
  modelFolder: (folder: string) => key(`models/${folder}/`),
  modelsPrefix: key("models/"),
  /** One place for all attempts at the same work. */
  workPrefix: (executionName: string) => key(`work/${workOfExecution(executionName)}/`),
  /** Everything that executions of the job left behind. */
  worksOf: ({ tenant, jobId }: JobRef) => key(`work/${tenant}_${jobId}_`),
  plan: (workPrefix: string) => key(`${workPrefix}plan.jsonl`),
  /** The plan in the order in which windows are worked on, where that is not theirs. */
  spreadPlan: (workPrefix: string) => key(`${workPrefix}spread.jsonl`),
  activity: (workPrefix: string) => key(`${workPrefix}activity.jsonl`),
  /** What the fetch step has stored, written once. */
  fetched: (workPrefix: string) => key(`${workPrefix}fetched.json`),
  /** The peaks as split measured them; merge puts them beside the transcript. */
  measuredPeaks: (workPrefix: string) => key(`${workPrefix}peaks.json`),
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

/** Later times sort first; 13 digits last until the year 2286. */
const lastMs = 9_999_999_999_999;
const reversedTime = (ms: number) => String(lastMs - ms).padStart(13, "0");

/** The time in milliseconds, and the job, of a name below `jobsByTime`. */
export function jobOfTimeName(name: string): { createdMs: number; jobId: JobId } | undefined {
  const match = /^(\d{13})-(j[0-9a-hjkmnp-tv-z]{22})$/.exec(name);
  return match ? { createdMs: lastMs - Number(match[1]), jobId: parseJobId(match[2]) } : undefined;
}

const optionsSuffix = ".options.json";

/** Whose file an object in the inbox is; undefined for what is no file: folders, and options that lie beside files. */
export function inboxFile(objectKey: string): { tenant: TenantId; fileName: string } | undefined {
  const match = /^inbox\/([a-z0-9-]{1,32})\/(.+)$/s.exec(objectKey);
  const name = match?.[2];
  if (name === undefined || name.endsWith("/") || name.endsWith(optionsSuffix)) return undefined;
  return { tenant: parseTenantId(match?.[1]), fileName: name.split("/").at(-1) ?? name };
}

/** True for what `keepResults` leaves of the work objects: what was recognised, and not what it was recognised from. */
export const isResult = (objectKey: string) => /^work\/[^/]+\/(results|exact)\//.test(objectKey);

/** The job that a file, its transcript or an address was sent for; undefined for keys that are not an upload of ours. */
export function jobOfUpload(objectKey: string): JobRef | undefined {
  const match = /^uploads\/([a-z0-9-]{1,32})\/(j[0-9a-hjkmnp-tv-z]{22})\/(?:source|transcript|address)$/.exec(
    objectKey,
  );
  return match ? { tenant: parseTenantId(match[1]), jobId: parseJobId(match[2]) } : undefined;
}
