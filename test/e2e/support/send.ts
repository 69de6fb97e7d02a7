import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type ApiClient, type JobStatus, putFile } from "../../../cli/client.ts";

/** Sends one file by presigned URL. @returns the job's id; nothing is waited for */
export async function send(api: ApiClient, path: string, options: { language?: string } = {}): Promise<string> {
  const { size } = await stat(path);
  const reply = await api.requestUpload({ fileName: basename(path), sizeBytes: size, options });
  if (!reply.upload) throw new Error("no upload address was given");
  await putFile(path, size, reply.upload, () => undefined);
  return reply.jobId;
}

export async function sendAndWait(api: ApiClient, path: string): Promise<JobStatus> {
  return api.wait(await send(api, path), () => undefined);
}

/** The words of an SRT, without numbers and times. */
export function spokenWords(srt: string): string {
  return srt
    .split("\n")
    .filter((line) => line !== "" && !/^\d+$/.test(line) && !line.includes("-->"))
    .map((line) => line.trim())
    .join(" ");
}
