import { z } from "zod";
import { parseJobId } from "../core/index.ts";
import { jobOptionsSchema } from "../storage/index.ts";
import { workPlanSchema } from "./work-plan.ts";

/**
 * What travels between the states: pointers and numbers, never content, far below Step Functions' 256 KiB.
 * Every step parses what it is given, so that a wrong definition fails at its first state and says where.
 */
const jobId = z.string().transform((text) => parseJobId(text));
const milliseconds = z.number().int();
/** How long the step worked. */
const tookMs = z.number();

export const executionInputSchema = z.object({
  jobId,
  bucket: z.string(),
  key: z.string(),
  etag: z.string(),
  sizeBytes: z.number().int(),
  options: jobOptionsSchema,
});
export type ExecutionInput = z.output<typeof executionInputSchema>;

const stepInput = z.object({ job: executionInputSchema, workPrefix: z.string(), executionName: z.string() });

export const probeInputSchema = stepInput;

export const probeOutputSchema = z.object({
  container: z.string(),
  demuxer: z.string(),
  audioTrack: z.number().int(),
  durationMs: milliseconds.nullable(),
  startMs: milliseconds,
  tookMs,
});
export type ProbeOutput = z.output<typeof probeOutputSchema>;

export const splitInputSchema = stepInput.extend({ probe: probeOutputSchema });

export const splitOutputSchema = z.object({
  /** What is to be done with the file from here on. */
  work: workPlanSchema,
  windows: z.number().int(),
  planKey: z.string(),
  activityKey: z.string(),
  /** `exact` mode: the whole audio in one object, and the raw maximum of its log-mel (log10). Null otherwise. */
  audio: z.object({ key: z.string(), melMaximum: z.number() }).nullable(),
  durationMs: milliseconds,
  /** What the decoder had to say, for people; a handful at most. */
  warnings: z.array(z.string()),
  tookMs,
});
export type SplitOutput = z.output<typeof splitOutputSchema>;

/** One line of plan.jsonl. Times count from the first sample of the decoded audio. */
export const plannedWindowSchema = z.object({
  index: z.number().int().min(0),
  key: z.string(),
  startMs: milliseconds,
  endMs: milliseconds,
  speech: z.array(z.tuple([milliseconds, milliseconds])),
});
export type PlannedWindow = z.output<typeof plannedWindowSchema>;

/** One line of activity.jsonl; the lines partition [0, durationMs). */
export const activitySpanSchema = z.object({
  startMs: milliseconds,
  endMs: milliseconds,
  kind: z.enum(["speech", "silence", "other"]),
});

export const inferInputSchema = z.object({
  jobId,
  workPrefix: z.string(),
  options: jobOptionsSchema,
  work: workPlanSchema,
  window: plannedWindowSchema,
});

export const inferOutputSchema = z.object({ index: z.number().int(), reused: z.boolean() });

export const transcribeInputSchema = stepInput.extend({
  split: splitOutputSchema,
  /** Counts from 0. A slice begins with the checkpoint that the one before left in its object. */
  slice: z.number().int().min(0),
});

/** The next slice to do; `done` when there is none. */
export const transcribeOutputSchema = z.object({ slice: z.number().int().min(1), done: z.boolean() });
export type TranscribeOutput = z.output<typeof transcribeOutputSchema>;

const failureSchema = z.object({ step: z.string(), error: z.string(), cause: z.string() });

export const mergeInputSchema = stepInput.extend({
  probe: probeOutputSchema,
  split: splitOutputSchema,
  /** Where the Map's result writer put its manifest; null when there was no window to work on. */
  mapManifestKey: z.string().nullable(),
  /** `exact` mode: how many slices there are. */
  slices: z.number().int().min(0),
  /** `exact` mode: why there are no more of them, where the file is not at its end. */
  sliceFailure: failureSchema.nullable(),
});

/** `failed` only when every window failed; its failure is then the one that most windows had. */
export const mergeOutputSchema = z.discriminatedUnion("status", [
  z.object({ status: z.enum(["done", "partial"]) }),
  z.object({
    status: z.literal("failed"),
    failure: failureSchema,
  }),
]);
export type MergeOutput = z.output<typeof mergeOutputSchema>;

export const failInputSchema = z.object({
  job: z.object({ jobId }),
  workPrefix: z.string(),
  executionName: z.string(),
  failure: failureSchema,
});
