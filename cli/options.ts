import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { transcriptFormats } from "../layers/storage/keys.ts";
import { type JobFlags, jobFlags, parseJobFlags } from "./job-flags.ts";
import { parseSubtitleFlags, subtitleFlags, type TextOptions } from "./subtitle-flags.ts";
import { parseUrlFlags, urlFlags } from "./url-flags.ts";
import { fromWhisperNames } from "./whisper-names.ts";

/** A command line that cannot be understood; the program ends with status 2. */
export class UsageError extends Error {}

export type OutputFormat = (typeof transcriptFormats)[number];

export type CommandLine = {
  command: "transcribe" | "serve" | "demo" | "settings" | "credentials" | "models" | "help" | "version";
  files: string[];
  formats: OutputFormat[];
  outputDirectory: string | undefined;
  subtitles: TextOptions;
  /** What is asked of the recognition. */
  job: JobFlags;
  /** How what is behind an address is fetched. */
  source: JobFlags;
  /** A transcript that is there already. */
  transcript: string | undefined;
  asrProvider: "local" | "openai" | "transcribe" | undefined;
  model: string | undefined;
  memoryMB: number | undefined;
  dataDirectory: string | undefined;
  port: number;
  s3Port: number;
  /** serve: where to listen. */
  host: string | undefined;
  fresh: boolean;
  /** Results for programs. */
  json: boolean;
  /** A folder whose new files are transcribed, for as long as the program runs. */
  watch: string | undefined;
  /** models: which graphs to build, where not those that the settings name. */
  precision: "int8" | "fp32" | undefined;
  update: boolean;
  builds: boolean;
};

/** The folder for data that no option names: XDG base directory specification. */
export function defaultDataDirectory(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_DATA_HOME || join(environment.HOME || homedir(), ".local", "share");
  return join(base, "halfgig");
}

/** The demo's own, within the project. */
export const demoDataDirectory = join(import.meta.dirname, "..", ".halfgig", "demo");

/** @throws UsageError */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals: given } = parse(fromWhisperNames(argv));
  const positionals = isVerb(given, values.watch) ? given.slice(1) : given;
  const [first, ...rest] = positionals;
  const named =
    first === "serve" ||
    first === "demo" ||
    first === "settings" ||
    first === "credentials" ||
    first === "models" ||
    first === "help";
  const command = values.version ? "version" : values.help ? "help" : named ? first : "transcribe";
  // Of help there is a page for each command and topic.
  const asked = values.help && first !== "help";
  const files = asked ? (named ? [first] : []) : named ? rest : positionals;
  if (command === "transcribe" && (files.length === 0) !== (values.watch !== undefined)) {
    throw new UsageError(files.length === 0 ? "No file was given." : "--watch takes a folder, and no files besides.");
  }
  if (!["transcribe", "models", "help", "version"].includes(command) && files.length > 0) {
    throw new UsageError(`halfgig ${command} takes no file; "${files[0]}" was given.`);
  }
  if (values.transcript !== undefined && (command !== "transcribe" || files.length !== 1)) {
    throw new UsageError("--transcript belongs to one file; give exactly one.");
  }
  // Words that are to be highlighted must be timed; a given transcript brings its own.
  const words = values.words || (values["highlight-words"] && values.transcript === undefined);
  const refuse = (message: string): never => {
    throw new UsageError(message);
  };
  return {
    command,
    files,
    formats: parseFormats(values.format),
    outputDirectory: values.output,
    subtitles: parseSubtitleFlags(values, wholeNumber, refuse),
    job: parseJobFlags({ ...values, words }, wholeNumber, refuse),
    source: parseUrlFlags(values, files, wholeNumber, refuse),
    transcript: values.transcript,
    asrProvider: asrProvider(values["asr-provider"]),
    model: values.model,
    memoryMB: values.memory === undefined ? undefined : wholeNumber("--memory", values.memory, 32, 10_240),
    dataDirectory: values.data,
    port: wholeNumber("--port", values.port, 0, 65_535),
    s3Port: wholeNumber("--s3-port", values["s3-port"], 0, 65_535),
    host: values.host,
    fresh: values.fresh,
    json: values.json,
    watch: values.watch,
    precision: parsePrecision(values.precision),
    update: values.update,
    builds: values.builds,
  };
}

/** `halfgig transcribe talk.mp4` is `halfgig talk.mp4`. Alone it may be the name of a file. */
function isVerb([first, ...rest]: readonly string[], watch: string | undefined): boolean {
  return first === "transcribe" && (rest.length > 0 || watch !== undefined || !existsSync(first));
}

/** For `parseArgs`, and for what shells complete. */
export const optionTable = {
  format: { type: "string", short: "f", default: "srt" },
  output: { type: "string", short: "o" },
  ...subtitleFlags,
  ...urlFlags,
  ...jobFlags,
  transcript: { type: "string" },
  "asr-provider": { type: "string" },
  model: { type: "string" },
  memory: { type: "string" },
  data: { type: "string" },
  fresh: { type: "boolean", default: false },
  precision: { type: "string" },
  update: { type: "boolean", default: false },
  builds: { type: "boolean", default: false },
  host: { type: "string" },
  port: { type: "string", default: "8765" },
  "s3-port": { type: "string", default: "8766" },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  watch: { type: "string" },
} as const;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: optionTable,
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function asrProvider(name: string | undefined): CommandLine["asrProvider"] {
  if (name === undefined || name === "local" || name === "openai" || name === "transcribe") return name;
  throw new UsageError(`--asr-provider is local, openai or transcribe, not "${name}".`);
}

function parseFormats(list: string): OutputFormat[] {
  const names = list.split(",").map((name) => name.trim());
  if (names.includes("all")) return [...transcriptFormats];
  const unknown = names.find((name) => !transcriptFormats.includes(name as OutputFormat));
  if (unknown !== undefined) {
    throw new UsageError(`--format takes ${transcriptFormats.join(", ")} or all, not "${unknown}".`);
  }
  return [...new Set(names)] as OutputFormat[];
}

function parsePrecision(text: string | undefined): CommandLine["precision"] {
  if (text === undefined || text === "int8" || text === "fp32") return text;
  throw new UsageError(`--precision is int8 or fp32, not "${text}".`);
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`${option} takes a whole number from ${least} to ${most}, not "${text}".`);
}
