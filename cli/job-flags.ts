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
  temperature: { type: "string" },
  "clip-timestamps": { type: "string" },
  "hallucination-silence": { type: "string" },
  "no-condition-on-previous-text": { type: "boolean", default: false },
  multilingual: { type: "boolean", default: false },
  ...voiceFlags,
  "language-alternatives": { type: "string" },
} as const;

export const jobUsage = `Recognition
      --language <code>         the language that is spoken, such as en          (default: detected)
      --task <task>             transcribe, translate to English, or language: find out which and stop
      --mode <mode>             parallel: windows cut at silence; exact: the reference's loop over the whole file
      --words                   times for every word
      --initial-prompt <text>   text that could have come before: names, spelling, style
      --carry-initial-prompt    exact: the initial prompt stands before every window, not before the first alone
      --hotwords <text>         words to expect
      --beam-size <n>           hypotheses of the search, 1 to 16                (default: 1 below one core, else 5)
      --best-of <n>             samples at each temperature above 0
      --temperature <list>      the fallback ladder, such as 0,0.2,0.4; one number means no fallback
      --clip-timestamps <list>  exact: seconds from, to, from, …: the only stretches to transcribe
      --hallucination-silence <ms>        exact, with --words: skip longer silence around text that looks invented
      --no-condition-on-previous-text     exact: each window without the text before it
      --multilingual            exact: the language is detected anew for every window
      --language-alternatives <n>         parallel: other languages to try where the likeliest one is doubtful
      --transcript <file>       a transcript of the file (srt, vtt, txt, json): it is used, and nothing is recognised
      --asr-provider <name>     local, openai or transcribe                      (default: ASR_PROVIDER)`;

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
