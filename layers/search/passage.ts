import { type JobId, sha256Hex } from "../core/index.ts";

export const voiceVerdicts = ["bona_fide", "spoof", "uncertain"] as const;
export type VoiceVerdict = (typeof voiceVerdicts)[number];

/** A few sentences of one transcript: what is found, shown and cited. */
export type Passage = {
  /** Job, range and text: the same passage has the same id whenever it is made. */
  readonly id: string;
  readonly jobId: JobId;
  /** 0, 1, 2 … in order of time, and how many the transcript has in all. */
  readonly index: number;
  readonly count: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** A language code, or `und`. */
  readonly language: string;
  /** What most of the passage was judged to be; null where nobody judged. */
  readonly voiceVerdict: VoiceVerdict | null;
};

/** @returns letters, digits and `-` only, because stores restrict what an id may hold */
export function passageId({
  jobId,
  startMs,
  endMs,
  text,
}: Pick<Passage, "jobId" | "startMs" | "endMs" | "text">): string {
  return `${jobId}-${startMs}-${endMs}-${sha256Hex(text).slice(0, 16)}`;
}
