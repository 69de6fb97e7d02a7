import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { MediaError } from "../layers/core/index.ts";
import type { JobOptions } from "../layers/storage/index.ts";
import { givenFormats } from "../layers/transcript/index.ts";
import { type ApiClient, type JobStatus, putFile } from "./client.ts";
import { Progress } from "./progress.ts";
import { printable } from "./terminal.ts";
import { uploadInParts } from "./upload-in-parts.ts";

/** What is larger goes in parts: a cut then costs one part and not the file. Such a file is not known by its hash. */
const largestSinglePutBytes = 1024 * 1_048_576;

export type SentFile = { job: JobStatus; reused: boolean };

/** Uploads one file by presigned URL and waits for its job. The content's hash is what lets an earlier result be found. */
export async function sendFile(
  api: ApiClient,
  path: string,
  options: { job?: Partial<JobOptions>; transcript?: string; fresh: boolean; signal?: AbortSignal },
): Promise<SentFile> {
  const sizeBytes = await sizeOf(path);
  const given = options.transcript === undefined ? undefined : await describeTranscript(options.transcript);
  const progress = new Progress(process.stderr, printable(basename(path)));
  try {
    if (sizeBytes > largestSinglePutBytes && !given) {
      const job = options.job ?? {};
      const { jobId } = await api.requestParts({ fileName: basename(path), sizeBytes, options: job });
      const onSent = (sent: number) => progress.uploading(sent, sizeBytes);
      await uploadInParts(api, { jobId, path, sizeBytes }, { onSent, signal: options.signal });
      return { job: await api.wait(jobId, (status) => progress.job(status), options.signal), reused: false };
    }
    const reply = await api.requestUpload({
      fileName: basename(path),
      sizeBytes,
      sha256: options.fresh ? undefined : await hashFile(path),
      options: { ...options.job, transcript: given },
    });
    if (reply.transcript && given && options.transcript !== undefined) {
      await putFile(options.transcript, given.sizeBytes, reply.transcript, () => undefined);
    }
    if (reply.upload) await putFile(path, sizeBytes, reply.upload, (sent) => progress.uploading(sent, sizeBytes));
    const job = await api.wait(reply.jobId, (status) => progress.job(status), options.signal);
    return { job, reused: reply.reused === true };
  } finally {
    progress.end();
  }
}

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) return info.size;
  throw new MediaError("request.invalid", `${printable(path)} is not a file that can be read. Check the path.`);
}

/** @throws MediaError `request.invalid` for a file whose name does not say what it is */
async function describeTranscript(path: string): Promise<NonNullable<JobOptions["transcript"]>> {
  const extension = extname(path).slice(1).toLowerCase();
  const format = givenFormats.find((known) => known === extension);
  if (!format) {
    throw new MediaError(
      "request.invalid",
      `The name of the transcript ${printable(path)} must end in ${givenFormats.map((known) => `.${known}`).join(", ")}.`,
    );
  }
  return { format, sizeBytes: await sizeOf(path), sha256: await hashFile(path) };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), hash);
  return hash.digest("hex");
}
