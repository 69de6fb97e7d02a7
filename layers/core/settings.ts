import { z } from "zod";
import { MediaError } from "./errors.ts";
import { voiceModelNames } from "./voice-names.ts";

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

/** The periods that CloudWatch Logs knows, up to a year. */
const logRetentionDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365];

/** Web origins, from a list with commas between them. */
export function originsOf(list: string): string[] {
  return list
    .split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "");
}

/** `host:port` of servers, as a URL writes them: `127.0.0.1:8080`, `[::1]:8080`, `media.lan:80`. */
const hostList = () =>
  z
    .string()
    .default("")
    .transform((text, context) => {
      const hosts = text.split(/[,\s]+/).filter((host) => host !== "");
      for (const host of hosts) {
        const url = URL.parse(`http://${host}`);
        const port = /:(\d{1,5})$/.exec(host)?.[1];
        if (url && port && `${url.hostname}:${Number(port)}` === host.toLowerCase()) continue;
        context.addIssue({ code: "custom", message: "expected host:port, several with commas" });
        return z.NEVER;
      }
      return hosts;
    });

/** Settings whose value is never printed. */
const secretSettings: ReadonlySet<string> = new Set(["HF_TOKEN", "OPENAI_API_KEY", "PINECONE_API_KEY"]);

/** True for what a stack keeps as a secret, not as plain configuration. */
export function isSecretSetting(name: string): boolean {
  return secretSettings.has(name);
}

/** One row per environment variable that changes what halfgig does; the text is what `halfgig settings` prints. */
export const settingSchemas = {
  WHISPER_MODEL: z.string().default("whisper-tiny").describe("speech model: a name from the model registry"),
  WHISPER_MODEL_PATH: z.string().optional().describe("folder where models live"),
  VOICE_MODEL: z
    .enum(voiceModelNames)
    .optional()
    .describe(
      "detector of synthetic voices: ast, ast-voxcelebspoof, xlsr or demo; without one no job may ask for voice",
    ),
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
  OPENAI_API_KEY: secretWord().describe(
    "key of the OpenAI-compatible service; the functions that call it get it, and no other",
  ),
  OPENAI_BASE_URL: httpAddress("https://api.openai.com/v1").describe("address of the OpenAI-compatible service"),
  OPENAI_TRANSCRIPTION_MODEL: z.string().trim().min(1).default("whisper-1").describe("the service's model"),
  SEARCH_INDEX: z
    .enum(["none", "sqlite", "s3vectors", "pinecone"])
    .default("sqlite")
    .describe("where passages are kept for search: a file here (AWS has none), Amazon S3 Vectors, or Pinecone"),
  S3VECTORS_BUCKET: z.string().trim().min(1).optional().describe("vector bucket of Amazon S3 Vectors"),
  PINECONE_API_KEY: secretWord().describe("key of Pinecone; the functions that search or index get it, and no other"),
  PINECONE_INDEX: z.string().trim().min(1).default("halfgig").describe("Pinecone index: dense, cosine, 384 dimensions"),
  EMBEDDING_MODEL: z
    .enum(["all-MiniLM-L6-v2", "lexical"])
    .default("all-MiniLM-L6-v2")
    .describe("what search compares passages by; where the model is not on this machine, and for lexical, by spelling"),
  EMBEDDING_BATCH_SIZE: z.coerce.number().int().min(1).max(64).default(5).describe("passages embedded at a time"),
  ANSWER_PROVIDER: z
    .enum(["none", "bedrock", "openai"])
    .default("none")
    .describe("who writes answers: nobody (passages are quoted), Amazon Bedrock, or an OpenAI-compatible service"),
  ANSWER_MODEL: z.string().trim().min(1).optional().describe("the language model that ANSWER_PROVIDER is asked for"),
  DISABLE_WHISPER: flag(false).describe(
    "no speech model runs: text comes from given transcripts alone, language is null",
  ),
  MEMORY_MODE: z
    .enum(["full", "lite"])
    .default("full")
    .describe(
      "lite: no models at all (SKIP_AI_MODELS), and one function at a time; text comes from captions and transcripts",
    ),
  SKIP_AI_MODELS: flag(false).describe("as DISABLE_WHISPER, for every model"),
  DISABLE_LANGUAGE_DETECTION: flag(false).describe("nothing is said about the language unless the sender names it"),
  DISABLE_ASR_FALLBACK: flag(false).describe("files that bring no transcript are not transcribed"),
  USE_INT8_QUANTIZATION: flag(true).describe("int8 graphs; false builds fp32 where it fits"),
  MAX_VIDEO_SIZE_MB: positive(200).describe("largest upload, in MB of 1,048,576 bytes"),
  MAX_URL_SIZE_MB: positive(50).describe("largest download from an address; MAX_VIDEO_SIZE_MB where that is set"),
  MAX_DURATION_MINUTES: positive(240).describe("longest audio that is accepted"),
  MAX_HEIGHT: positiveInteger(480).describe("tallest video that is fetched from a site without audio of its own"),
  DOWNLOAD_TIMEOUT_SECONDS: positive(30).describe("how long a server may stay silent during a download"),
  PLAYLIST_LIMIT: z.coerce
    .number()
    .int()
    .min(0)
    .max(200)
    .default(20)
    .describe("most entries of a playlist that become jobs; 0 refuses playlists"),
  FETCH_ALLOW_HOSTS: hostList().describe(
    "servers inside your network that may be fetched from: host:port, with commas",
  ),
  YT_DLP_PATH: z.string().optional().describe("yt-dlp to use instead of the one in PATH; it reads sites"),
  YT_DLP_COOKIES: z
    .string()
    .optional()
    .describe("cookie file (Netscape format) that yt-dlp may use; nothing else gets it"),
  MAX_CONCURRENCY: positiveInteger(2).describe("windows in flight on the local host, over all jobs"),
  HALFGIG_INFER_MEMORY: z.coerce
    .number()
    .int()
    .min(32)
    .max(10_240)
    .default(512)
    .describe("memory allocation of the infer function, in MB"),
  HALFGIG_ADDRESS: z
    .string()
    .trim()
    .min(1)
    .default("127.0.0.1")
    .describe("address that the service listens on; 0.0.0.0 in a container"),
  HALFGIG_BUNDLE_CACHE: z
    .string()
    .optional()
    .describe("folder where the embedded host keeps the functions it has bundled; the data directory unless set"),
  HALFGIG_PUBLIC_URL: z
    .string()
    .optional()
    .refine(
      (text) => text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? ""),
      "expected an http or https address",
    )
    .describe("where clients reach the API, and S3 with it, when that is not the service's own address"),
  TENANT_MAX_JOBS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe("most jobs that one tenant may have in flight"),
  TENANT_MINUTES_PER_DAY: z.coerce
    .number()
    .min(1)
    .max(100_000)
    .optional()
    .describe("minutes of audio that one tenant may send per day (UTC)"),
  TENANT_REQUESTS_PER_SECOND: z.coerce
    .number()
    .min(0.1)
    .optional()
    .describe("requests of one tenant that the local host answers per second, ten seconds' worth at once"),
  AUTH_ISSUER: z
    .string()
    .optional()
    .refine(
      (text) => text === undefined || /^https:\/\/.|^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?(\/|$)/.test(text),
      "expected an https address",
    )
    .describe("OpenID Connect issuer whose tokens are accepted beside keys, exactly as it stands in them"),
  AUTH_AUDIENCE: z.string().trim().min(1).optional().describe("what those tokens must be made for (aud)"),
  AUTH_TENANT_CLAIM: z.string().trim().min(1).default("tenant").describe("which claim of theirs names the tenant"),
  AUTH_SCOPE_CLAIM: z.string().trim().min(1).default("scope").describe("which claim of theirs lists the scopes"),
  UPLOAD_URL_SECONDS: positiveInteger(3600).describe("how long a presigned upload address works"),
  HALFGIG_ARCHITECTURE: z.enum(["arm64", "x86_64"]).default("arm64").describe("AWS: processor of the functions"),
  HALFGIG_RESERVE_CONCURRENCY: flag(true).describe(
    "AWS: bound how many of each function run at once; false in a new account, whose own limit is too low for it",
  ),
  HALFGIG_PAGE: flag(true).describe("AWS: deploy the page beside the API"),
  HALFGIG_PAGE_ORIGINS: z
    .string()
    .default("")
    .refine(
      (text) => originsOf(text).every((origin) => URL.parse(origin)?.origin === origin && origin !== "null"),
      "expected origins such as https://media.example.org, with commas between them",
    )
    .describe("AWS: further origins whose pages may use the API, with commas between them"),
  HALFGIG_ALARM_EMAIL: z.email().optional().describe("AWS: where alarms are sent"),
  HALFGIG_LOG_DAYS: z.coerce
    .number()
    .refine((days) => logRetentionDays.includes(days), `expected one of ${logRetentionDays.join(", ")}`)
    .default(30)
    .describe("AWS: how long logs are kept"),
  HALFGIG_TRACING: flag(false).describe("AWS: trace functions and the workflow with X-Ray"),
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
  if (given.MEMORY_MODE === "lite") given.SKIP_AI_MODELS = "1";
  // Who chose a limit for uploads has chosen one for downloads.
  if (given.MAX_VIDEO_SIZE_MB !== undefined) given.MAX_URL_SIZE_MB ??= given.MAX_VIDEO_SIZE_MB;
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
