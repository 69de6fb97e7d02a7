import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { MediaError } from "../layers/core/index.ts";
import { type ApiClient, type JobStatus, putFile } from "./client.ts";
import { Progress } from "./progress.ts";
import { printable } from "./terminal.ts";

export type SentFile = { job: JobStatus; reused: boolean };

/** Uploads one file by presigned URL and waits for its job. The content's hash is what lets an earlier result be found. */
export async function sendFile(
  api: ApiClient,
  path: string,
  options: { language?: string; task: "transcribe" | "translate"; fresh: boolean; signal?: AbortSignal },
): Promise<SentFile> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) {
    throw new MediaError("request.invalid", `${printable(path)} is not a file that can be read. Check the path.`);
  }
  const progress = new Progress(process.stderr, printable(basename(path)));
  try {
    const reply = await api.requestUpload({
      fileName: basename(path),
      sizeBytes: info.size,
      sha256: options.fresh ? undefined : await hashFile(path),
      options: { language: options.language, task: options.task },
    });
    if (reply.upload) await putFile(path, info.size, reply.upload, (sent) => progress.uploading(sent, info.size));
    const job = await api.wait(reply.jobId, (status) => progress.job(status), options.signal);
    return { job, reused: reply.reused === true };
  } finally {
    progress.end();
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), hash);
  return hash.digest("hex");
}
