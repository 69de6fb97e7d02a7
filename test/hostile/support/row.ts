import type { ErrorCode } from "../../../layers/core/index.ts";
import type { JobOptions, JobRecord } from "../../../layers/storage/index.ts";
import type { GivenFormat } from "../../../layers/transcript/index.ts";
import type { ReadTranscript } from "../../e2e/support/send.ts";
import type { Kitchen } from "./kitchen.ts";

/** What a job that was heard must show. */
export type Heard = {
  /** How long the audio is, and how far from it is still right; 60 ms unless said otherwise. */
  durationMs?: number;
  withinMs?: number;
  /** The text, case and punctuation left aside; "" for none at all. */
  says?: string | RegExp;
  /** A warning must say so; without it none is allowed. `"any"`: with or without. */
  warning?: RegExp | "any";
  status?: "done" | "partial";
  /** Anything else, on the whole transcript. Throws where it is not so. */
  check?: (transcript: ReadTranscript, job: JobRecord, read: (format: string) => Promise<string>) => unknown;
};

/**
 * One hostile input and what has to come of it. `refused` and `heard` together: either is right. That the allocation is held, that
 * nothing is orphaned and that the ledger adds up is asserted of every row, without being said.
 */
export type Row = {
  name: string;
  /** More than its share of time or space: only in `npm run test:hostile`. */
  slow?: true;
  /** Makes the input, or several, each of which has to meet the expectation. */
  file: (kitchen: Kitchen) => Promise<string | string[]>;
  options?: Partial<JobOptions>;
  /** A transcript that comes with the file. */
  given?: { format: GivenFormat; text: string };
  refused?: ErrorCode | readonly ErrorCode[];
  heard?: Heard;
};

export type Section = { title: string; rows: readonly Row[] };
