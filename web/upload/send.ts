import AwsS3, { type AwsS3Options } from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { ApiError, authorization, call } from "../api/client.ts";
import type { UploadReply } from "../api/types.ts";
import { findUnfinished, fingerprintOf, forget, remember } from "./unfinished.ts";

type Meta = Record<string, never>;
type Body = Record<string, never>;
type SignRequest = Extract<AwsS3Options<Meta, Body>, { signRequest: unknown }>["signRequest"];

const MiB = 1_048_576;
/** The least that S3 takes, and few enough parts. Of the size alone: whoever goes on must cut in the same places. */
const partSizeOf = (sizeBytes: number) => Math.max(5, Math.ceil(sizeBytes / 500 / MiB)) * MiB;

/** Where a file's bytes go: in parts, or by one PUT. */
type Target = {
  jobId: string;
  resumed: boolean;
  uploadId?: string;
  put?: { url: string; headers: Record<string, string> };
};

export type Sending = {
  jobId: string;
  resumed: boolean;
  pause(): void;
  resume(): void;
  /** Gives the upload up; nothing is left of it. */
  cancel(): void;
  /** Settles when S3 has the file and the job is on its way, false when it was given up. @throws what went wrong */
  done: Promise<boolean>;
};

/**
 * Sends a file by Uppy. One that was interrupted before goes on: the browser remembers the upload, S3 lists the parts it has, and only the
 * others are sent.
 * @throws ApiError where the service does not take the file
 */
export async function send(
  file: File,
  options: Record<string, unknown>,
  onProgress: (sentBytes: number) => void,
): Promise<Sending | { jobId: string; reused: true }> {
  const target = (await resumed(file)) ?? (await begun(file, options));
  if ("reused" in target) return target;
  const { jobId, uploadId } = target;
  const uppy = new Uppy<Meta, Body>({ id: jobId, autoProceed: false });
  uppy.use(AwsS3, {
    shouldUseMultipart: uploadId !== undefined,
    getChunkSize: ({ size }: { size: number }) => partSizeOf(size),
    signRequest: signerOf(target),
    generateObjectKey: () => jobId,
  });
  const id = uppy.addFile({ name: file.name, type: file.type, data: file });
  // The upload was begun by the API, so to Uppy it is one to go on with.
  if (uploadId !== undefined) uppy.setFileState(id, { s3Multipart: { uploadId, key: jobId } });
  uppy.on("upload-progress", (_file, { bytesUploaded }) => onProgress(Number(bytesUploaded)));
  return {
    jobId,
    resumed: target.resumed,
    pause: () => uppy.pauseAll(),
    resume: () => uppy.resumeAll(),
    cancel: () => {
      forget(jobId);
      uppy.cancelAll();
      if (uploadId === undefined) call("DELETE", `/v1/jobs/${jobId}`).catch(() => undefined);
    },
    done: finish(uppy, jobId),
  };
}

async function finish(uppy: Uppy<Meta, Body>, jobId: string): Promise<boolean> {
  const result = await uppy.upload();
  const failure = result?.failed?.[0]?.error;
  if (failure) throw new Error(failure);
  if (!result?.successful?.length) return false;
  forget(jobId);
  // S3's event starts the job as well; whichever comes first.
  await call("POST", `/v1/uploads/${jobId}/complete`, { body: {} });
  uppy.destroy();
  return true;
}

/** What is left of an earlier attempt at the same file, where the service still has it. */
async function resumed(file: File): Promise<Target | undefined> {
  const known = findUnfinished(file);
  if (!known) return undefined;
  const { jobId, uploadId } = known;
  try {
    const { partSizeBytes } = await call<{ partSizeBytes: number }>("GET", `/v1/uploads/${jobId}/parts`);
    if (partSizeBytes === partSizeOf(file.size)) return { jobId, uploadId, resumed: true };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) throw error;
  }
  forget(jobId);
  return undefined;
}

async function begun(file: File, options: Record<string, unknown>): Promise<Target | { jobId: string; reused: true }> {
  const partSizeBytes = partSizeOf(file.size);
  const inParts = file.size > partSizeBytes;
  const reply = await call<UploadReply>("POST", "/v1/uploads", {
    body: {
      fileName: file.name,
      sizeBytes: file.size,
      options,
      ...(inParts ? { multipart: true, partSizeBytes, addresses: false } : {}),
    },
  });
  const { jobId, upload } = reply;
  if (!upload) return { jobId, reused: true };
  if (upload.method === "PUT") return { jobId, resumed: false, put: upload };
  const { uploadId } = upload;
  const { name: fileName, size: sizeBytes } = file;
  remember({
    fingerprint: fingerprintOf(file),
    jobId,
    uploadId,
    partSizeBytes,
    fileName,
    sizeBytes,
    startedMs: Date.now(),
  });
  return { jobId, uploadId, resumed: false };
}

/** Uppy speaks S3's own protocol; each request gets its address from the API. */
function signerOf({ jobId, put }: Target): SignRequest {
  const upload = `/v1/uploads/${jobId}`;
  return async (request) => {
    if ("partNumber" in request) return call("GET", `${upload}/parts/${request.partNumber}`);
    if (request.method === "PUT") return put ?? Promise.reject(new Error("This upload is sent in parts."));
    if (request.method === "GET") return call("GET", `${upload}/signed/list`);
    if (request.method === "POST") return call("GET", `${upload}/signed/complete`);
    return { url: new URL(upload, location.href).href, headers: authorization() };
  };
}
