import { z } from "zod";
import { type JobRef, parseJobId, parseTenantId } from "../core/index.ts";
import { jobOptionFields, jobOptionsSchema } from "../storage/index.ts";
import { windowTranscriptSchema } from "../transcript/index.ts";
import { windowScoreSchema } from "../voice/index.ts";
import { workPlanSchema } from "./work-plan.ts";

/**
 * What travels between the states: pointers and numbers, never content, far below Step Functions' 256 KiB.
 * Every step parses what it is given, so that a wrong definition fails at its first state and says where.
 */
const jobId = z.string().transform((text) => parseJobId(text));
const tenant = z.string().transform((text) => parseTenantId(text));
const milliseconds = z.number().int();
/** How long the step worked. */
const tookMs = z.number();

export const executionInputSchema = z.object({
  tenant,
  jobId,
  bucket: z.string(),
  key: z.string(),
  etag: z.string(),
  sizeBytes: z.number().int(),
  options: jobOptionsSchema,
  /** Somebody is to be told of the end. */
  webhook: z.boolean(),
});
export type ExecutionInput = z.output<typeof executionInputSchema>;

const stepInput = z.object({ job: executionInputSchema, workPrefix: z.string(), executionName: z.string() });

export const fetchInputSchema = stepInput;

/** The job with what was fetched in it; `listed` where the address was a list, whose entries have jobs of their own. */
export const fetchOutputSchema = z.object({ job: executionInputSchema, listed: z.boolean() });
export type FetchOutput = z.output<typeof fetchOutputSchema>;

export const probeInputSchema = stepInput;

export const probeOutputSchema = z.object({
  container: z.string(),
  demuxer: z.string(),
  audioTrack: z.number().int(),
  /** The track of subtitles that is to be used instead of recognition; null where none is. */
  subtitleTrack: z.number().int().nullable().default(null),
  durationMs: milliseconds.nullable(),
  startMs: milliseconds,
  tookMs,
});
export type ProbeOutput = z.output<typeof probeOutputSchema>;

export const subtitlesInputSchema = stepInput.extend({ probe: probeOutputSchema });

/** The job with the subtitles of its file as its transcript; as it was, where there was no text in them. */
export const subtitlesOutputSchema = z.object({ job: executionInputSchema });
export type SubtitlesOutput = z.output<typeof subtitlesOutputSchema>;

export const splitInputSchema = stepInput.extend({ probe: probeOutputSchema });

export const splitOutputSchema = z.object({
  /** What is to be done with the file from here on. */
  work: workPlanSchema,
  windows: z.number().int(),
  planKey: z.string(),
  /** The plan in the order in which windows are worked on; the plan itself unless the order matters. */
  mapKey: z.string(),
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
  /** The highest probability of a voice in it; plans of earlier versions do not say. */
  voice: z.number().min(0).max(1).optional(),
  /** Where judging voices may stop early: the window's place in the order of judging, and how many windows there are. */
  rank: z.number().int().min(0).optional(),
  of: z.number().int().optional(),
});
export type PlannedWindow = z.output<typeof plannedWindowSchema>;

/** One line of activity.jsonl; the lines partition [0, durationMs). */
export const activitySpanSchema = z.object({
  startMs: milliseconds,
  endMs: milliseconds,
  kind: z.enum(["speech", "silence", "other"]),
});

export const inferInputSchema = z.object({
  tenant,
  jobId,
  workPrefix: z.string(),
  options: jobOptionsSchema,
  work: workPlanSchema,
  window: plannedWindowSchema,
});

/** A short clip whose voices infer finds and judges at once, for `POST /v1/voice`. */
export const clipInputSchema = z.object({
  clip: z.object({
    /** 16 kHz mono s16le in base64. */
    pcm: z.string(),
    voiceHop: jobOptionFields.voiceHop,
  }),
});
export type ClipInput = z.output<typeof clipInputSchema>;
export const clipOutputSchema = z.object({
  activity: z.array(activitySpanSchema),
  scores: z.array(windowScoreSchema),
});

/** A short clip that infer cuts into windows as split does a file, for `POST /v1/audio/transcriptions`. */
export const clipPlanInputSchema = z.object({
  clipPlan: z.object({
    /** 16 kHz mono s16le in base64. */
    pcm: z.string(),
    windowMs: milliseconds,
  }),
});
export type ClipPlanInput = z.output<typeof clipPlanInputSchema>;
export const clipPlanOutputSchema = z.object({
  activity: z.array(activitySpanSchema),
  windows: z.array(plannedWindowSchema.pick({ index: true, startMs: true, endMs: true, speech: true, voice: true })),
});

/** A window of a short clip that infer recognises at once, for `POST /v1/audio/transcriptions`; times from the window's start. */
export const speechClipInputSchema = z.object({
  speechClip: z.object({
    /** 16 kHz mono s16le in base64. */
    pcm: z.string(),
    speech: z.array(z.tuple([milliseconds, milliseconds])),
    options: jobOptionsSchema,
    work: workPlanSchema,
  }),
});
export type SpeechClipInput = z.output<typeof speechClipInputSchema>;
export const speechClipOutputSchema = z.object({ transcript: windowTranscriptSchema });

export const inferOutputSchema = z.object({ index: z.number().int(), reused: z.boolean() });

export const transcribeInputSchema = stepInput.extend({
  split: splitOutputSchema,
  /** Counts from 0. A slice begins with the checkpoint that the one before left in its object. */
  slice: z.number().int().min(0),
});

/** The next slice to do; `done` when there is none. */
export const transcribeOutputSchema = z.object({ slice: z.number().int().min(1), done: z.boolean() });
export type TranscribeOutput = z.output<typeof transcribeOutputSchema>;

/** `executionName`: the execution whose end is told of; null where the job ended before it had one. */
export const notifyInputSchema = z.object({ job: z.object({ tenant, jobId }), executionName: z.string().nullable() });

/** What begins an execution that only tells of a job's end. */
export type TellInput = JobRef & { tell: { executionName: string | null } };

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

/** With a `failure` the step has failed for good, and is asked to say so. */
export const indexInputSchema = z.object({
  job: z.object({ tenant, jobId }),
  executionName: z.string(),
  failure: failureSchema.nullable().default(null),
});
/** How many passages can be found; null where none were indexed. */
export const indexOutputSchema = z.object({ passages: z.number().int().nullable() });
export type IndexOutput = z.output<typeof indexOutputSchema>;

export const failInputSchema = z.object({
  job: z.object({ tenant, jobId }),
  workPrefix: z.string(),
  executionName: z.string(),
  failure: failureSchema,
});
