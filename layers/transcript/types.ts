import { z } from "zod";

/** Whole milliseconds from the beginning of the decoded audio; `source.startMs` leads to the container's clock. */
const milliseconds = z.int().nonnegative();
const probability = z.number().min(0).max(1);

const candidateSchema = z.object({ code: z.string().min(1), probability });

/** One stretch of time; the end is not part of it. */
const spanSchema = z.object({ startMs: milliseconds, endMs: milliseconds });

export const segmentSchema = spanSchema.extend({
  /** 0, 1, 2 … in order of time. */
  id: z.int().nonnegative(),
  text: z.string().min(1),
  /** A language code, or `und`. */
  language: z.string().min(1),
  tokens: z.array(z.int().nonnegative()),
  temperature: z.number().nonnegative(),
  avgLogprob: z.number(),
  compressionRatio: z.number().nonnegative(),
  noSpeechProb: probability,
  /** Doubts. They mark, they never delete. */
  flags: z.array(z.string()),
});

export const ledgerKinds = ["speech", "silence", "other", "failed"] as const;

export const ledgerIntervalSchema = spanSchema.extend({
  kind: z.enum(ledgerKinds),
  /** Always there for `failed`; elsewhere only where there is something to explain. */
  reason: z.string().optional(),
});

/** What became of every millisecond of the audio: the intervals partition [0, durationMs). */
export const ledgerSchema = z.object({
  intervals: z.array(ledgerIntervalSchema),
  totalsMs: z.record(z.enum(ledgerKinds), milliseconds),
});

export const languageSchema = candidateSchema.extend({
  /** Where which language was heard, in order; windows without speech are left out. */
  timeline: z.array(spanSchema.extend(candidateSchema.shape)),
  candidates: z.array(candidateSchema),
});

export const modelSchema = z.object({
  id: z.string(),
  revision: z.string(),
  /** Of the checkpoint. */
  sha256: z.string(),
  precision: z.string(),
  /** True when a demo model made this: it is not to be taken for real recognition. */
  demo: z.boolean(),
});

/** The whole result for one file. */
export const transcriptSchema = z.object({
  format: z.literal(1),
  jobId: z.string().optional(),
  source: z.object({
    durationMs: milliseconds,
    /** Where the audio begins on the container's clock. */
    startMs: z.int(),
  }),
  /** `parallel`: windows were recognised independently, each normalised by its own maximum. */
  mode: z.literal("parallel"),
  language: languageSchema,
  model: modelSchema,
  segments: z.array(segmentSchema),
  ledger: ledgerSchema,
  warnings: z.array(z.string()),
});

/** What recognition says about one window; times are from the window's start. Richer objects are welcome. */
export const windowTranscriptSchema = z.object({
  language: candidateSchema.extend({
    /** `given` by the caller, or the only one the `model` knows: then it holds, however probable. */
    source: z.enum(["detected", "given", "model"]),
    candidates: z.array(candidateSchema),
    all: z.record(z.string(), probability).optional(),
  }),
  silent: z.boolean(),
  segments: z.array(segmentSchema.omit({ id: true, language: true })),
  dropped: z.array(spanSchema.extend({ text: z.string() })).optional(),
});

const windowSchema = spanSchema.extend({
  index: z.int().nonnegative(),
  /** Where voice activity heard speech, on the file's clock; weighs the window's language. */
  speech: z.array(z.tuple([milliseconds, milliseconds])).optional(),
});

/** The outcome of one window of the plan, as merge reads it; times are on the file's clock. */
export const windowResultSchema = z.discriminatedUnion("outcome", [
  windowSchema.extend({ outcome: z.literal("ok"), transcript: windowTranscriptSchema }),
  windowSchema.extend({ outcome: z.literal("failed"), reason: z.string().min(1) }),
]);

export type Span = z.infer<typeof spanSchema>;
export type Segment = z.infer<typeof segmentSchema>;
export type LedgerKind = (typeof ledgerKinds)[number];
export type LedgerInterval = z.infer<typeof ledgerIntervalSchema>;
export type Ledger = z.infer<typeof ledgerSchema>;
export type FileLanguage = z.infer<typeof languageSchema>;
export type Transcript = z.infer<typeof transcriptSchema>;
export type WindowResult = z.infer<typeof windowResultSchema>;

/** Voice activity: what the audio sounds like, before recognition. */
export type ActivitySpan = Span & { kind: "speech" | "silence" | "other" };

/** What the renderers of subtitles need of a segment. */
export type Cue = Pick<Segment, "startMs" | "endMs" | "text">;
