import { z } from "zod";

/** The largest transcript that may come with a file. */
export const largestGivenTranscriptBytes = 5 * 1_048_576;

/** The prompt's window holds 223 tokens; more text than this could only be cut off. */
const longestPrompt = 2_000;
const prompt = z
  .string()
  .max(longestPrompt, `at most ${longestPrompt} characters`)
  .refine((text) => text.trim() !== "", "must not be blank");
const hypotheses = z.int().min(1).max(16);
/** A threshold of the reference; null switches it off. */
const threshold = (least: number, most: number) => z.number().min(least).max(most).nullable().optional();
const longestSeconds = 1_000 * 3_600;

const givenTranscriptSchema = z.strictObject({
  format: z.enum(["srt", "vtt", "txt", "json"]),
  sizeBytes: z
    .int()
    .min(1)
    .max(largestGivenTranscriptBytes, `a transcript has at most ${largestGivenTranscriptBytes} bytes`),
  /** Hex. S3 accepts these bytes and no others, and equal files with different transcripts are different jobs. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in hexadecimal"),
});

const fieldsSchema = z.strictObject({
  /** Language code, or undefined to detect it. */
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/, "a language code such as en")
    .optional(),
  /** `language` finds out which language is spoken, and nothing else. */
  task: z.enum(["transcribe", "translate", "language"]).default("transcribe"),
  /** `parallel`: windows cut at silence, independent of each other. `exact`: the reference's loop from the first to the last second. */
  mode: z.enum(["parallel", "exact"]).default("parallel"),
  /** Which audio track, counted from 0; the default track otherwise. */
  audioTrack: z.number().int().min(0).max(63).optional(),
  /** Times for every word. */
  words: z.boolean().default(false),
  /** Text that could have come before: names, spelling, style. */
  initialPrompt: prompt.optional(),
  /** Words to expect, put before every window's prompt. */
  hotwords: prompt.optional(),
  /** Hypotheses of the beam search at temperature 0; 1 is greedy. The default depends on infer's memory allocation. */
  beamSize: hypotheses.optional(),
  /** The beam search ends with `beamSize × patience` finished hypotheses. */
  patience: z.number().positive().max(16).optional(),
  /** α of the length penalty `((5 + length) / 6)^α`; without it scores are divided by the length. */
  lengthPenalty: z.number().min(0).max(1).optional(),
  /** Samples at each temperature above 0. */
  bestOf: hypotheses.optional(),
  /** The fallback ladder; one temperature means no fallback. */
  temperatures: z.array(z.number().min(0).max(2)).min(1).max(11).optional(),
  compressionRatioThreshold: threshold(0, 100),
  logprobThreshold: threshold(-100, 0),
  noSpeechThreshold: threshold(0, 1),
  /** `exact`: the text of one window is the prompt of the next; default true, for the demo model false. */
  conditionOnPreviousText: z.boolean().optional(),
  /** `exact`: the language is detected anew for every window, for files in several. */
  multilingual: z.boolean().optional(),
  /** `exact`: the only stretches to transcribe, as in the reference: start, end, start, … in seconds; the last end may be left out. */
  clipTimestamps: z.array(z.number().min(0).max(longestSeconds)).min(1).max(200).optional(),
  /** `exact` with words: silence longer than this is skipped where the text around it looks invented. */
  hallucinationSilenceMs: z.int().min(1).max(600_000).optional(),
  /** A transcript that the sender has already: it is uploaded beside the file, and nothing is recognised. */
  transcript: givenTranscriptSchema.optional(),
});

type Fields = z.output<typeof fieldsSchema>;

/** What the sender of a file may choose. Part of what identifies a job's result. */
export const jobOptionsSchema = fieldsSchema.superRefine((options, context) => {
  for (const [name, message] of contradictions(options)) {
    context.addIssue({ code: "custom", path: [name], message });
  }
});
export type JobOptions = z.output<typeof jobOptionsSchema>;

/** Options of the loop, which independent windows cannot have. */
const exactOnly = ["conditionOnPreviousText", "multilingual", "clipTimestamps", "hallucinationSilenceMs"] as const;
const aboutText = [
  ...["initialPrompt", "hotwords", "beamSize", "patience", "lengthPenalty", "bestOf", "temperatures"],
  ...["compressionRatioThreshold", "logprobThreshold", "noSpeechThreshold"],
] as const;

/** Choices that exclude each other: refused, because ignoring one of them would go unnoticed. */
function* contradictions(options: Fields): Generator<[name: string, message: string]> {
  const given = (name: string) => options[name as keyof Fields] !== undefined;
  if (options.mode === "parallel") {
    for (const name of exactOnly.filter(given)) yield [name, 'works in mode "exact" only'];
  }
  if (options.hallucinationSilenceMs !== undefined && !options.words) {
    yield ["hallucinationSilenceMs", "needs the times of words: set words to true"];
  }
  const { clipTimestamps: clips = [], beamSize = 1, patience = 1 } = options;
  if (clips.some((seconds, i) => seconds < (clips[i - 1] ?? 0))) {
    yield ["clipTimestamps", "are seconds in rising order, such as [0, 12.5, 60, 90]"];
  }
  if (beamSize * patience > 16 || Math.round(beamSize * patience) < 1) {
    yield ["patience", "times beamSize must be from 1 to 16"];
  }
  const source = options.transcript ? "a given transcript" : options.task === "language" ? "the task language" : "";
  if (source === "") return;
  if (options.mode === "exact") yield ["mode", `is always "parallel" for ${source}: nothing is transcribed`];
  if (options.words) yield ["words", `cannot be had from ${source}`];
  for (const name of aboutText.filter(given)) yield [name, `means nothing for ${source}`];
  if (options.transcript && options.task !== "transcribe") {
    yield ["task", "is always transcribe for a given transcript: nothing is recognised"];
  }
}
