import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { transcriptFormats } from "../layers/storage/keys.ts";

/** A command line that cannot be understood; the program ends with status 2. */
export class UsageError extends Error {}

export type OutputFormat = (typeof transcriptFormats)[number];

export type CommandLine = {
  command: "transcribe" | "serve" | "demo" | "settings" | "help" | "version";
  files: string[];
  formats: OutputFormat[];
  outputDirectory: string | undefined;
  language: string | undefined;
  task: "transcribe" | "translate";
  model: string | undefined;
  memoryMB: number | undefined;
  dataDirectory: string | undefined;
  port: number;
  s3Port: number;
  fresh: boolean;
};

export const usage = `halfgig: transcripts from audio and video inside a fixed memory allocation

  halfgig [options] <file...>   transcribe files, one after the other
  halfgig serve [options]       run the whole service on this machine
  halfgig demo [--fresh]        transcribe the bundled video with the bundled demo model
  halfgig settings              the environment variables that halfgig reads, and what it understood

Options
  -f, --format <list>   json, srt, vtt, txt, tsv or all; several with commas   (default: srt)
  -o, --output <dir>    write <name>.<format> files there, instead of printing
      --language <code> the language that is spoken, such as en                (default: detected)
      --task <task>     transcribe, or translate to English                    (default: transcribe)
      --model <name>    speech model; "demo" is the one that comes with halfgig (default: WHISPER_MODEL)
      --memory <MB>     memory allocation of the infer function                (default: 512)
      --data <dir>      data directory                     (default: ~/.local/share/halfgig)
      --fresh           do not reuse an earlier result of the same file
      --port <n>        serve: port of the HTTP API        (default: 8765)
      --s3-port <n>     serve: port of the S3 API          (default: 8766)
  -h, --help, --version

Exit status: 0 all done, 1 failed, 2 usage, 3 partial (some windows failed; the ledger says which).
`;

/** The folder for data that no option names: XDG base directory specification. */
export function defaultDataDirectory(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_DATA_HOME || join(environment.HOME || homedir(), ".local", "share");
  return join(base, "halfgig");
}

/** @throws UsageError */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = parse(argv);
  const [first, ...rest] = positionals;
  const named = first === "serve" || first === "demo" || first === "settings" || first === "help";
  const command = values.version ? "version" : values.help ? "help" : named ? first : "transcribe";
  const files = named ? rest : positionals;
  if (command === "transcribe" && files.length === 0) throw new UsageError("No file was given.");
  if (command !== "transcribe" && command !== "help" && command !== "version" && files.length > 0) {
    throw new UsageError(`halfgig ${command} takes no file; "${files[0]}" was given.`);
  }
  const task = values.task;
  if (task !== "transcribe" && task !== "translate")
    throw new UsageError(`--task is transcribe or translate, not "${task}".`);
  if (values.language !== undefined && !/^[a-z]{2,3}$/.test(values.language)) {
    throw new UsageError(`--language takes a code such as en or de, not "${values.language}".`);
  }
  return {
    command,
    files,
    formats: parseFormats(values.format),
    outputDirectory: values.output,
    language: values.language,
    task,
    model: values.model,
    memoryMB: values.memory === undefined ? undefined : wholeNumber("--memory", values.memory, 32, 10_240),
    dataDirectory: values.data,
    port: wholeNumber("--port", values.port, 0, 65_535),
    s3Port: wholeNumber("--s3-port", values["s3-port"], 0, 65_535),
    fresh: values.fresh,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        format: { type: "string", short: "f", default: "srt" },
        output: { type: "string", short: "o" },
        language: { type: "string" },
        task: { type: "string", default: "transcribe" },
        model: { type: "string" },
        memory: { type: "string" },
        data: { type: "string" },
        fresh: { type: "boolean", default: false },
        port: { type: "string", default: "8765" },
        "s3-port": { type: "string", default: "8766" },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
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

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`${option} takes a whole number from ${least} to ${most}, not "${text}".`);
}
