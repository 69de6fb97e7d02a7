import { z } from "zod";
import { voiceModelNames } from "../core/index.ts";

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
  /** Everything that is to be done, in place of `task`; `voice` finds out whether the voices are human or synthetic. */
  tasks: z
    .array(z.enum(["transcribe", "translate", "language", "voice"]))
    .min(1)
    .refine((tasks) => new Set(tasks).size === tasks.length, "names a task twice")
    .optional(),
  /** `voice`: which detector judges; the host's own where it is left out. */
  voiceModel: z.enum(voiceModelNames).optional(),
  /** `voice`: milliseconds of speech between the beginnings of two judged windows; without it none overlap. */
  voiceHop: z.int().min(500).max(120_000).optional(),
  /** `voice`: stop judging when a wrong stop is no likelier than this, such as 0.01; without it all speech is judged. */
  voiceBudget: z.number().min(0.0001).max(0.2).optional(),
  /** `voice`: which of two wrongs weighs more. `recall` misses few synthetic voices, `precision` accuses few human ones. */
  operatingPoint: z.enum(["recall", "balanced", "precision"]).optional(),
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
  /** `exact`: the initial prompt stands before every window, not before the first alone. */
  carryInitialPrompt: z.boolean().optional(),
  /** `parallel`: where the language is doubtful, so many others are tried and the likeliest text decides; the demo model tries one. */
  languageAlternatives: z.int().min(0).max(3).optional(),
  /** `exact`: the language is detected anew for every window, for files in several. */
  multilingual: z.boolean().optional(),
  /** `exact`: the only stretches to transcribe, as in the reference: start, end, start, … in seconds; the last end may be left out. */
  clipTimestamps: z.array(z.number().min(0).max(longestSeconds)).min(1).max(200).optional(),
  /** `exact` with words: silence longer than this is skipped where the text around it looks invented. */
  hallucinationSilenceMs: z.int().min(1).max(600_000).optional(),
  /** Lines that are judged invented, which are in the JSON only, are in subtitles, text and the search index, too. */
  keepDoubtful: z.boolean().optional(),
  /** The address of a media file, or of a page with one, that is fetched instead of an upload. */
  url: z.string().min(1).max(4096).optional(),
  /** With `url`: captions that are published with the media are used instead of recognition (the default), must be there, or are not looked for. */
  captions: z.enum(["prefer", "require", "ignore"]).optional(),
  /** With `url`: languages of the captions, the most wanted first; without it, the language that is spoken. */
  captionLanguages: z
    .array(z.string().regex(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}$/, "a language tag such as en or pt-BR"))
    .min(1)
    .max(20)
    .optional(),
  /** With `url`: the tallest video that is fetched where there is no sound by itself. */
  maxHeight: z.int().min(72).max(4320).optional(),
  /** `embedded`: the first track of text subtitles in the file, of the language where one is given, is used instead of recognition. */
  subtitles: z.enum(["embedded"]).optional(),
  /** A transcript that the sender has already: it is uploaded beside the file, and nothing is recognised. */
  transcript: givenTranscriptSchema.optional(),
});

type Fields = z.output<typeof fieldsSchema>;

/** The schema of each option by itself, for requests that take some of them. */
export const jobOptionFields = fieldsSchema.shape;

/** What the sender of a file may choose. Part of what identifies a job's result. */
export const jobOptionsSchema = fieldsSchema.superRefine((options, context) => {
  for (const [name, message] of contradictions(options)) {
    context.addIssue({ code: "custom", path: [name], message });
  }
});
export type JobOptions = z.output<typeof jobOptionsSchema>;

/** What is to be found out about the text, if anything. Detecting the language is part of transcribing. */
export function textTaskOf({ task, tasks }: Pick<Fields, "task" | "tasks">): Fields["task"] | undefined {
  if (!tasks) return task;
  return (["translate", "transcribe", "language"] as const).find((name) => tasks.includes(name));
}

/** Whether the voices are to be judged. */
export const wantsVoice = ({ tasks }: Pick<Fields, "tasks">): boolean => tasks?.includes("voice") ?? false;

const voiceOnly = ["voiceModel", "voiceHop", "voiceBudget", "operatingPoint"] as const;

const fetchOnly = ["captions", "captionLanguages", "maxHeight"] as const;

/** Whether captions that are published with the media may stand in for recognition. */
export function wantsCaptions(options: Pick<Fields, "captions" | "words" | "task" | "tasks">): boolean {
  return options.captions !== "ignore" && !options.words && textTaskOf(options) === "transcribe";
}

/** The options of a job whose text is there already: what is about recognition means nothing any more. */
export function withTranscript(options: JobOptions, transcript: NonNullable<JobOptions["transcript"]>): JobOptions {
  const kept = Object.entries(options).filter(
    ([name]) => name !== "subtitles" && ![...aboutText, ...exactOnly].includes(name as (typeof aboutText)[number]),
  );
  return jobOptionsSchema.parse({ ...Object.fromEntries(kept), mode: "parallel", words: false, transcript });
}

/** Options of the loop, which independent windows cannot have. */
const exactOnly = [
  ...["conditionOnPreviousText", "carryInitialPrompt", "multilingual"],
  ...["clipTimestamps", "hallucinationSilenceMs"],
] as const;
const aboutText = [
  ...[
    "initialPrompt",
    "hotwords",
    "languageAlternatives",
    "beamSize",
    "patience",
    "lengthPenalty",
    "bestOf",
    "temperatures",
  ],
  ...["compressionRatioThreshold", "logprobThreshold", "noSpeechThreshold", "keepDoubtful"],
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
  if (options.mode === "exact" && given("languageAlternatives")) {
    yield [
      "languageAlternatives",
      'works in mode "parallel" only: exact mode hears the language of the whole file first',
    ];
  }
  if (options.carryInitialPrompt && options.initialPrompt === undefined) {
    yield ["carryInitialPrompt", "needs an initialPrompt to carry"];
  }
  const { clipTimestamps: clips = [], beamSize = 1, patience = 1 } = options;
  if (clips.some((seconds, i) => seconds < (clips[i - 1] ?? 0))) {
    yield ["clipTimestamps", "are seconds in rising order, such as [0, 12.5, 60, 90]"];
  }
  if (beamSize * patience > 16 || Math.round(beamSize * patience) < 1) {
    yield ["patience", "times beamSize must be from 1 to 16"];
  }
  const { tasks } = options;
  if (!wantsVoice(options)) for (const name of voiceOnly.filter(given)) yield [name, 'needs "voice" among the tasks'];
  if (tasks?.includes("transcribe") && tasks.includes("translate")) {
    yield ["tasks", "are either transcribe or translate: one text comes out"];
  }
  if (tasks && options.task !== "transcribe" && !tasks.some((name) => name === options.task)) {
    yield ["task", "is not among the tasks; leave one of the two out"];
  }
  const textTask = textTaskOf(options);
  if (options.url === undefined) for (const name of fetchOnly.filter(given)) yield [name, "needs a url"];
  if (options.captions === "require" && (options.words || textTask !== "transcribe")) {
    yield ["captions", "cannot be required: they are what was said, without times of words"];
  }
  if (options.subtitles && options.transcript) yield ["subtitles", "cannot be used beside a given transcript"];
  if (options.subtitles && (options.words || textTask !== "transcribe")) {
    yield ["subtitles", "are what was said, without times of words"];
  }
  const source = options.transcript
    ? "a given transcript"
    : textTask === "language" || textTask === undefined
      ? `the task ${textTask ?? "voice"}`
      : "";
  if (source === "") return;
  if (options.mode === "exact") yield ["mode", `is always "parallel" for ${source}: nothing is transcribed`];
  if (options.words) yield ["words", `cannot be had from ${source}`];
  for (const name of aboutText.filter(given)) yield [name, `means nothing for ${source}`];
  if (options.transcript && textTask !== undefined && textTask !== "transcribe") {
    yield [tasks ? "tasks" : "task", "is always transcribe for a given transcript: nothing is recognised"];
  }
}
