import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ApiClient, type JobStatus, putFile } from "../../../cli/client.ts";
import type { JobOptions } from "../../../layers/storage/index.ts";
import type { GivenFormat } from "../../../layers/transcript/index.ts";

/** Sends one file by presigned URL. @returns the job's id; nothing is waited for */
export async function send(api: ApiClient, path: string, options: Partial<JobOptions> = {}): Promise<string> {
  const { size } = await stat(path);
  const reply = await api.requestUpload({ fileName: basename(path), sizeBytes: size, options });
  if (!reply.upload) throw new Error("no upload address was given");
  await putFile(path, size, reply.upload, () => undefined);
  return reply.jobId;
}

export async function sendAndWait(api: ApiClient, path: string, options: Partial<JobOptions> = {}): Promise<JobStatus> {
  return api.wait(await send(api, path, options), () => undefined);
}

/** Sends a file and, afterwards, the transcript that comes with it. */
export async function sendWithTranscript(
  api: ApiClient,
  path: string,
  given: { format: GivenFormat; text: string; directory: string },
): Promise<JobStatus> {
  const transcriptPath = join(given.directory, `given.${given.format}`);
  await writeFile(transcriptPath, given.text);
  const bytes = await readFile(transcriptPath);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { size } = await stat(path);
  const transcript = { format: given.format, sizeBytes: bytes.length, sha256 };
  const reply = await api.requestUpload({ fileName: basename(path), sizeBytes: size, options: { transcript } });
  if (!reply.upload || !reply.transcript) throw new Error("two addresses should have been given");
  await putFile(path, size, reply.upload, () => undefined);
  await putFile(transcriptPath, bytes.length, reply.transcript, () => undefined);
  return api.wait(reply.jobId, () => undefined);
}

export type ReadTranscript = {
  mode: string;
  tasks: string[];
  language: { code: string; probability: number; timeline: { startMs: number; code: string }[] } | null;
  model: { id: string } | null;
  segments: {
    startMs: number;
    endMs: number;
    text: string;
    language: string;
    words?: { startMs: number; endMs: number; text: string }[];
  }[];
  ledger: { intervals: { startMs: number; endMs: number; kind: string; reason?: string }[] };
  warnings: string[];
};

export async function readTranscript(api: ApiClient, jobId: string): Promise<ReadTranscript> {
  return JSON.parse(await api.transcript(jobId, "json")) as ReadTranscript;
}

export const textOf = ({ segments }: ReadTranscript) => segments.map(({ text }) => text.trim()).join(" ");

/** The words of an SRT, without numbers and times. */
export function spokenWords(srt: string): string {
  return srt
    .split("\n")
    .filter((line) => line !== "" && !/^\d+$/.test(line) && !line.includes("-->"))
    .map((line) => line.trim())
    .join(" ");
}
