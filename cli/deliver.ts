import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApiClient, JobStatus } from "./client.ts";
import type { CommandLine } from "./options.ts";
import { printable } from "./terminal.ts";
import { voiceText } from "./voice-report.ts";

type Choices = Pick<CommandLine, "formats" | "outputDirectory" | "subtitles" | "json">;

/** What a program is told of one file: one line of `--json`. */
export type FileReport = {
  file: string;
  jobId: string | null;
  status: JobStatus["status"] | "refused";
  reused: boolean;
  language: JobStatus["language"] | null;
  /** All that are spoken, the longest first. */
  languages: NonNullable<JobStatus["languages"]>;
  ledgerMs: JobStatus["ledgerMs"] | null;
  /** Lines that nobody is believed to have said; they are in the JSON, and printed with --keep-doubtful. */
  leftOut: number;
  warnings: string[];
  error: { code: string | null; message: string } | null;
  /** Where results were written, with --output. */
  written: string[];
  /** Without --output: transcript.json and, where voices were judged, voice.json. */
  transcript?: unknown;
  voice?: unknown;
};

/** The results of a job, to people or to files. @returns what a program is told besides */
export async function deliver(
  api: ApiClient,
  job: JobStatus,
  name: string,
  { formats, outputDirectory, subtitles, json }: Choices,
): Promise<Pick<FileReport, "written" | "transcript" | "voice">> {
  const written: string[] = [];
  const judged = job.options.tasks?.includes("voice") && !job.model.includes("-skip_ai_models");
  const alone = job.options.tasks?.every((task) => task === "voice") ?? false;
  const voice = judged ? await api.voice(job.jobId) : undefined;
  if (json && outputDirectory === undefined) {
    const transcript: unknown = JSON.parse(await api.transcript(job.jobId, "json"));
    return { written, transcript, ...(voice === undefined ? {} : { voice: JSON.parse(voice) as unknown }) };
  }
  if (voice !== undefined) {
    // To people as a table: on stdout where it is all that was asked for, else beside the progress.
    (alone && !json ? process.stdout : process.stderr).write(printable(voiceText(voice)));
    if (outputDirectory !== undefined) written.push(await write(outputDirectory, `${name}.voice.json`, voice));
  }
  for (const format of alone && outputDirectory === undefined ? [] : formats) {
    const text = await api.transcript(job.jobId, format, subtitles);
    if (outputDirectory !== undefined) written.push(await write(outputDirectory, `${name}.${format}`, text));
    // To a terminal only what a terminal should get; to a pipe or file, the bytes as they are.
    else process.stdout.write(process.stdout.isTTY ? printable(text) : text);
  }
  return { written };
}

/** Whole or not at all: whoever waits for the file sees no beginning of it. */
async function write(directory: string, name: string, text: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, name);
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
  process.stderr.write(`halfgig: wrote ${printable(path)}\n`);
  return path;
}
