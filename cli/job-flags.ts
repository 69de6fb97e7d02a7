import type { JobOptions } from "../layers/storage/job-options.ts";
import { jobOptionsSchema } from "../layers/storage/job-options.ts";
import { parseVoiceFlags, voiceFlags } from "./voice-flags.ts";

export type JobFlags = Partial<JobOptions>;

/** For `parseArgs`. */
export const jobFlags = {
  language: { type: "string" },
  task: { type: "string" },
  mode: { type: "string" },
  words: { type: "boolean", default: false },
  "initial-prompt": { type: "string" },
  "carry-initial-prompt": { type: "boolean", default: false },
  hotwords: { type: "string" },
  "beam-size": { type: "string" },
  "best-of": { type: "string" },
  patience: { type: "string" },
  "length-penalty": { type: "string" },
  "compression-ratio-threshold": { type: "string" },
  "logprob-threshold": { type: "string" },
  "no-speech-threshold": { type: "string" },
  temperature: { type: "string" },
  "clip-timestamps": { type: "string" },
  "hallucination-silence": { type: "string" },
  "no-condition-on-previous-text": { type: "boolean", default: false },
  multilingual: { type: "boolean", default: false },
  ...voiceFlags,
  "language-alternatives": { type: "string" },
} as const;

type Switch = "words" | "no-condition-on-previous-text" | "carry-initial-prompt" | "multilingual";
type Text = Exclude<keyof typeof jobFlags, Switch>;
type Values = { [Flag in Text]?: string | undefined } & { [Flag in Switch]: boolean };

/** What each option is called on the command line, for complaints. */
const flagOf: Record<string, string> = {
  clipTimestamps: "--clip-timestamps",
  hallucinationSilenceMs: "--hallucination-silence",
  conditionOnPreviousText: "--no-condition-on-previous-text",
  initialPrompt: "--initial-prompt",
  carryInitialPrompt: "--carry-initial-prompt",
  languageAlternatives: "--language-alternatives",
  beamSize: "--beam-size",
  bestOf: "--best-of",
  lengthPenalty: "--length-penalty",
  compressionRatioThreshold: "--compression-ratio-threshold",
  logprobThreshold: "--logprob-threshold",
  noSpeechThreshold: "--no-speech-threshold",
  temperatures: "--temperature",
  voiceModel: "--voice-model",
  voiceHop: "--voice-hop",
  voiceBudget: "--voice-budget",
  operatingPoint: "--operating-point",
};

/** @param wholeNumber reads a flag's value or throws the command line's own error; so does `refuse` */
export function parseJobFlags(
  values: Values,
  wholeNumber: (option: string, text: string, least: number, most: number) => number,
  refuse: (message: string) => never,
): JobFlags {
  const count = (flag: Text, most: number) => {
    const text = values[flag];
    return text === undefined ? undefined : wholeNumber(`--${flag}`, text, 1, most);
  };
  const list = (flag: Text) => {
    const parts = values[flag]?.split(",").map((part) => part.trim());
    if (parts?.some((part) => !/^\d+(\.\d+)?$/.test(part))) {
      refuse(`--${flag} takes numbers with commas between them, not "${values[flag]}".`);
    }
    return parts?.map(Number);
  };
  const decimal = (flag: Text) => {
    const text = values[flag];
    if (text !== undefined && !/^-?\d+(\.\d+)?$/.test(text)) refuse(`--${flag} takes a number, not "${text}".`);
    return text === undefined ? undefined : Number(text);
  };
  const threshold = (flag: Text) => (values[flag]?.toLowerCase() === "none" ? null : decimal(flag));
  const given = {
    language: values.language,
    task: values.task,
    mode: values.mode,
    words: values.words || undefined,
    initialPrompt: values["initial-prompt"],
    carryInitialPrompt: values["carry-initial-prompt"] || undefined,
    hotwords: values.hotwords,
    beamSize: count("beam-size", 16),
    bestOf: count("best-of", 16),
    patience: decimal("patience"),
    lengthPenalty: decimal("length-penalty"),
    compressionRatioThreshold: threshold("compression-ratio-threshold"),
    logprobThreshold: threshold("logprob-threshold"),
    noSpeechThreshold: threshold("no-speech-threshold"),
    temperatures: list("temperature"),
    clipTimestamps: list("clip-timestamps"),
    hallucinationSilenceMs: count("hallucination-silence", 600_000),
    multilingual: values.multilingual || undefined,
    languageAlternatives: count("language-alternatives", 3),
    conditionOnPreviousText: values["no-condition-on-previous-text"] ? false : undefined,
    ...parseVoiceFlags(values, wholeNumber, refuse),
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = jobOptionsSchema.safeParse(options);
  if (parsed.success) return options as JobFlags;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0]);
  const value = given[name as keyof typeof given];
  return refuse(`${flagOf[name] ?? `--${name}`} (${JSON.stringify(value)}): ${issue?.message}.`);
}
