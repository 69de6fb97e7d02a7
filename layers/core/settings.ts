import { z } from "zod";
import { MediaError } from "./errors.ts";

const positive = (fallback: number) => z.coerce.number().positive().default(fallback);
const positiveInteger = (fallback: number) => z.coerce.number().int().positive().default(fallback);

/** "1", "true", "yes", "on" in any case are true; "", "0", "false", "no", "off" are false; anything else is refused. */
const flag = (fallback: boolean) =>
  z
    .string()
    .default(fallback ? "1" : "0")
    .transform((text, context) => {
      const word = text.trim().toLowerCase();
      if (["1", "true", "yes", "on"].includes(word)) return true;
      if (["", "0", "false", "no", "off"].includes(word)) return false;
      context.addIssue({ code: "custom", message: "expected true or false" });
      return z.NEVER;
    });

const httpAddress = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""), "expected an http or https address")
    // fetch() refuses such addresses, in a sentence that quotes the password.
    .refine((text) => !URL.parse(text)?.username && !URL.parse(text)?.password, "expected no user name or password");

/** A key, which travels in a header: fetch() quotes a header that has a line break in it. */
const secretWord = () =>
  z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]*$/, "expected one word")
    .optional();

/** Settings whose value is never printed. */
const secretSettings: ReadonlySet<string> = new Set(["HF_TOKEN", "OPENAI_API_KEY"]);

/** One row per environment variable that changes what halfgig does; the text is what `halfgig settings` prints. */
export const settingSchemas = {
  WHISPER_MODEL: z.string().default("whisper-tiny").describe("speech model: a name from the model registry"),
  WHISPER_MODEL_PATH: z.string().optional().describe("folder where models live"),
  HF_ENDPOINT: httpAddress("https://huggingface.co").describe(
    "model hub, or a mirror of it that answers as the hub does",
  ),
  HF_TOKEN: secretWord().describe("access token for models behind a login; sent to HF_ENDPOINT alone"),
  HF_HUB_OFFLINE: flag(false).describe("never ask the model hub for anything"),
  HALFGIG_MODEL_MIRROR: z
    .string()
    .optional()
    .describe("folder in the hub's layout that models are copied from instead"),
  ASR_PROVIDER: z
    .enum(["local", "openai", "transcribe"])
    .default("local")
    .describe("who recognises speech: the model here, an OpenAI-compatible service, or Amazon Transcribe"),
  OPENAI_API_KEY: secretWord().describe("key of the OpenAI-compatible service; infer alone gets it"),
  OPENAI_BASE_URL: httpAddress("https://api.openai.com/v1").describe("address of the OpenAI-compatible service"),
  OPENAI_TRANSCRIPTION_MODEL: z.string().trim().min(1).default("whisper-1").describe("the service's model"),
  DISABLE_WHISPER: flag(false).describe(
    "no speech model runs: text comes from given transcripts alone, language is null",
  ),
  SKIP_AI_MODELS: flag(false).describe("as DISABLE_WHISPER, for every model"),
  DISABLE_LANGUAGE_DETECTION: flag(false).describe("nothing is said about the language unless the sender names it"),
  DISABLE_ASR_FALLBACK: flag(false).describe("files that bring no transcript are not transcribed"),
  USE_INT8_QUANTIZATION: flag(true).describe("int8 graphs; false builds fp32 where it fits"),
  MAX_VIDEO_SIZE_MB: positive(200).describe("largest upload, in MB of 1,048,576 bytes"),
  MAX_DURATION_MINUTES: positive(240).describe("longest audio that is accepted"),
  MAX_CONCURRENCY: positiveInteger(2).describe("windows in flight on the local host, over all jobs"),
  HALFGIG_INFER_MEMORY: z.coerce
    .number()
    .int()
    .min(32)
    .max(10_240)
    .default(512)
    .describe("memory allocation of the infer function, in MB"),
  UPLOAD_URL_SECONDS: positiveInteger(3600).describe("how long a presigned upload address works"),
  FFMPEG_PATH: z.string().optional().describe("ffmpeg to use instead of the one that is installed with halfgig"),
} as const;

const settingsSchema = z.object(settingSchemas);

export type Settings = z.output<typeof settingsSchema>;
export type SettingName = keyof Settings;

/**
 * Reads every setting from an environment. An empty variable counts as not set.
 * @throws MediaError `config.invalid` that names each variable with a value that cannot be used.
 */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(
    Object.keys(settingSchemas)
      .map((name) => [name, environment[name]] as const)
      .filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    // An address may hold a password.
    const hidden = secretSettings.has(name) || /:\/\/[^/]*@/.test(given[name] ?? "");
    const shown = hidden ? "(hidden)" : JSON.stringify(given[name]);
    return `${name}=${shown}: ${issue.message}`;
  });
  throw new MediaError(
    "config.invalid",
    `Settings that cannot be used: ${complaints.join("; ")}. Correct or unset them.`,
  );
}

/** What was understood, one line per setting, for people: name, value, meaning. */
export function describeSettings(settings: Settings): { name: SettingName; value: string; meaning: string }[] {
  return (Object.keys(settingSchemas) as SettingName[]).map((name) => ({
    name,
    value: settings[name] !== undefined && secretSettings.has(name) ? "(hidden)" : String(settings[name] ?? "not set"),
    meaning: settingSchemas[name].description ?? "",
  }));
}
