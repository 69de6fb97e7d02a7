import { z } from "zod";

/** Whole milliseconds from the beginning of the decoded audio; `source.startMs` leads to the container's clock. */
const milliseconds = z.int().nonnegative();
const probability = z.number().min(0).max(1);

const candidateSchema = z.object({ code: z.string().min(1), probability });

/** One stretch of time; the end is not part of it. */
const spanSchema = z.object({ startMs: milliseconds, endMs: milliseconds });

/** One word; the words of a segment lie inside it, in order, and their texts together are the segment's. */
export const wordSchema = spanSchema.extend({
  /** With the space before it, where the language has one. */
  text: z.string(),
  /** Mean probability of the word's tokens; null where nobody measured it. */
  probability: probability.nullable(),
});

/** How far a segment is to be believed, and why. It marks, it never deletes. */
export const hallucinationSchema = z.object({
  /** `clear`: nothing speaks against it; `doubtful`: something does; `likely`: several things, and nobody is heard speaking. */
  verdict: z.enum(["clear", "doubtful", "likely"]),
  signs: z.array(z.enum(["repetitive", "low_logprob", "no_speech", "no_voice", "repeated"])),
  /** Share of the segment that voice activity calls speech; null where it was not asked. */
  voiceShare: probability.nullable(),
  /** How many of the segments shortly before it said the same. */
  repeats: z.int().nonnegative(),
});

export const segmentSchema = spanSchema.extend({
  /** 0, 1, 2 … in order of time. */
  id: z.int().nonnegative(),
  text: z.string().min(1),
  /** A language code, or `und`. */
  language: z.string().min(1),
  /** Where the segment's language was found for itself, and not for its window. */
  languageProbability: probability.optional(),
  tokens: z.array(z.int().nonnegative()),
  /** These four are null where the text is not from a decoder that tells: a transcript that was given, some providers. */
  temperature: z.number().nonnegative().nullable(),
  avgLogprob: z.number().nullable(),
  compressionRatio: z.number().nonnegative().nullable(),
  noSpeechProb: probability.nullable(),
  /** Doubts, and `placed` where the times are not the decoder's: what it gave had no place in the audio. They mark, they never delete. */
  flags: z.array(z.string()),
  hallucination: hallucinationSchema.optional(),
  /** There when the voices were judged; `score` is null where none of the segment was. */
  voice: z.object({ verdict: z.enum(["bona_fide", "spoof", "uncertain"]), score: probability.nullable() }).optional(),
  /** There when the job asked for words. */
  words: z.array(wordSchema).optional(),
});

/**
 * `speech` has text; `unrecognised` is a voice without any; `other` is sound that is neither; `failed` is what was not listened to, or in
 * vain.
 */
export const ledgerKinds = ["speech", "silence", "other", "unrecognised", "failed"] as const;

export const ledgerIntervalSchema = spanSchema.extend({
  kind: z.enum(ledgerKinds),
  /** Always there for `failed`; elsewhere only where there is something to explain. */
  reason: z.string().optional(),
});

export const ledgerTotalsSchema = z.object({
  speech: milliseconds,
  silence: milliseconds,
  other: milliseconds,
  /** Results of earlier versions count this as `other`. */
  unrecognised: milliseconds.default(0),
  failed: milliseconds,
});

/** What became of every millisecond of the audio: the intervals partition [0, durationMs). */
export const ledgerSchema = z.object({
  intervals: z.array(ledgerIntervalSchema),
  totalsMs: ledgerTotalsSchema,
});

export const languageSchema = candidateSchema.extend({
  /** Where which language is spoken, in order: from the segments, or where there is no text, from the windows with speech. */
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

/**
 * How the text came about. `parallel`: windows were recognised independently, each normalised by its own maximum.
 * `exact`: the reference's sequential loop, normalised by the maximum of the whole file. `given`: the sender had the
 * text already. Anything else is the name of a provider, such as `openai`.
 */
export const modeSchema = z.string().regex(/^[a-z][a-z0-9-]*$/, "a mode such as parallel, exact, given or openai");

export const taskSchema = z.enum(["transcribe", "translate", "language", "voice"]);

/** Whether a voice is human or synthetic; `uncertain` wherever the evidence does not carry a verdict. */
const voiceVerdictSchema = z.enum(["bona_fide", "spoof", "uncertain"]);

/** What was found out about the voices of a file; `voice.json` has the evidence, window by window. */
export const voiceSchema = z.object({
  verdict: voiceVerdictSchema,
  /** Why the verdict is `uncertain`; empty otherwise. */
  reasons: z.array(z.object({ code: z.string(), message: z.string() })),
  /** Probability of a synthetic voice for even odds beforehand; null where nothing was judged. */
  score: probability.nullable(),
  operatingPoint: z.string(),
  /** How much of the speech was judged. */
  judgedShare: probability,
  /** Which detector judged. `benchmark`: what others measured of it. */
  model: z.object({
    id: z.string(),
    revision: z.string(),
    sha256: z.string(),
    precision: z.string(),
    /** True when a demo model made this: it is not to be taken for a real verdict. */
    demo: z.boolean(),
    benchmark: z
      .object({
        source: z.string(),
        independent: z.boolean(),
        accuracy: probability,
        falsePositiveRate: probability,
        falseNegativeRate: probability,
      })
      .nullable(),
    /** To be shown beside every verdict. */
    notes: z.array(z.string()),
  }),
  timeline: z.array(
    spanSchema.extend({
      verdict: voiceVerdictSchema,
      /** Which side the scores are on, however little that is worth. */
      leaning: z.enum(["bona_fide", "spoof"]),
      score: probability,
    }),
  ),
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
  mode: modeSchema,
  /** What was done. Detecting the language is part of transcribing, and is named only where nothing else was done. */
  tasks: z.array(taskSchema),
  /** Null where no task asked for it. */
  language: languageSchema.nullable(),
  /** Null where no model was at work. */
  model: modelSchema.nullable(),
  /** Null where no task asked for it. */
  voice: voiceSchema.nullable().default(null),
  /** All of them, also those that nobody is believed to have said: `hallucination.verdict` is `likely` there. */
  segments: z.array(segmentSchema),
  /** So many segments are in no subtitles and no text, because they are judged `likely` invented. */
  leftOut: z.int().nonnegative().default(0),
  ledger: ledgerSchema,
  warnings: z.array(z.string()),
});

const windowLanguageSchema = candidateSchema.extend({
  /** `given` by the caller, or the only one the `model` knows: then it holds, however probable. */
  source: z.enum(["detected", "given", "model"]),
  candidates: z.array(candidateSchema),
  all: z.record(z.string(), probability).optional(),
});

const foundSegmentSchema = segmentSchema.omit({ id: true, language: true }).extend({
  /** Where it is known for the segment itself; else the window's holds. */
  language: z.string().min(1).optional(),
});
const droppedSchema = z.array(spanSchema.extend({ text: z.string() })).optional();

/** What recognition says about one window; times are from the window's start. Richer objects are welcome. */
export const windowTranscriptSchema = z.object({
  language: windowLanguageSchema,
  silent: z.boolean(),
  segments: z.array(foundSegmentSchema),
  dropped: droppedSchema,
});

/** What one slice of `exact` mode says; times are on the file's clock. Richer objects are welcome. */
export const exactSliceSchema = z.object({
  segments: z.array(foundSegmentSchema),
  /** The stretches that were decoded, in order. One may begin before the end of the one before it. */
  windows: z.array(spanSchema.extend({ language: windowLanguageSchema, silent: z.boolean() })),
  dropped: droppedSchema,
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
export type Hallucination = z.infer<typeof hallucinationSchema>;
export type FileVoice = z.infer<typeof voiceSchema>;
export type Word = z.infer<typeof wordSchema>;
export type TranscriptTask = z.infer<typeof taskSchema>;
export type LedgerKind = (typeof ledgerKinds)[number];
export type LedgerInterval = z.infer<typeof ledgerIntervalSchema>;
export type Ledger = z.infer<typeof ledgerSchema>;
export type FileLanguage = z.infer<typeof languageSchema>;
export type Transcript = z.infer<typeof transcriptSchema>;
export type WindowResult = z.infer<typeof windowResultSchema>;
export type WindowLanguage = z.infer<typeof windowLanguageSchema>;
export type ExactSlice = z.infer<typeof exactSliceSchema>;

/** Voice activity: what the audio sounds like, before recognition. */
export type ActivitySpan = Span & { kind: "speech" | "silence" | "other" };

/** What the renderers of subtitles need of a segment. */
export type Cue = Pick<Segment, "startMs" | "endMs" | "text" | "words">;
