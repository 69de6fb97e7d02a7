import type { z } from "zod";
import type { JobOptions } from "../layers/storage/job-options.ts";
import { printedSegments } from "../layers/transcript/printed.ts";
import type { Transcript } from "../layers/transcript/types.ts";
import { HalfgigError } from "./error.ts";
import { operations } from "./operations.ts";
import { fetchPatiently, newIdempotencyKey, pause } from "./patience.ts";
import type { Job } from "./schemas.ts";

export { HalfgigError } from "./error.ts";
export type { Job } from "./schemas.ts";
export type { Transcript };

export type HalfgigOptions = {
  /** Where the service is, such as `http://127.0.0.1:8765`. */
  baseUrl: string;
  token: string;
  /** What is larger is sent in parts. @default 64 MiB */
  largestSinglePutBytes?: number;
  /** Another `fetch`. */
  fetch?: typeof fetch;
};

export type TranscribeOptions = Partial<JobOptions> & {
  /** A file's own where it has one. */
  fileName?: string;
  onProgress?: (job: Job) => void;
  signal?: AbortSignal;
};

/**
 * What became of a file: `text` is all of it, the rest says where it comes from. `segments` are those of the text; `transcript.segments`
 * has also what is judged invented, which is left out of the text unless the option `keepDoubtful` was set.
 */
export type Transcribed = {
  jobId: string;
  /** `partial`: some stretches could not be transcribed; `transcript.ledger` says which. */
  status: "done" | "partial";
  text: string;
  /** A language code; null where none was looked for. */
  language: string | null;
  segments: Transcript["segments"];
  transcript: Transcript;
  job: Job;
};

/** A cut costs what was sent of one request. S3's own limit for one is 5 GB. */
const usualSinglePutBytes = 64 * 1_048_576;
const attemptsPerPart = 3;

/**
 * A client of the HTTP API for Node.js and browsers; it needs `fetch` and `Blob`, and nothing else.
 *
 *     const halfgig = new Halfgig({ baseUrl, token });
 *     const job = await halfgig.transcribe(file);
 *     job.text
 */
export class Halfgig {
  readonly #baseUrl: string;
  readonly #token: string;
  readonly #largestSinglePutBytes: number;
  readonly #fetch: typeof fetch;

  constructor({
    baseUrl,
    token,
    largestSinglePutBytes = usualSinglePutBytes,
    fetch: own = globalThis.fetch,
  }: HalfgigOptions) {
    this.#largestSinglePutBytes = largestSinglePutBytes;
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#token = token;
    // A browser's fetch refuses to be called as anything's method.
    this.#fetch = (...request) => own(...request);
  }

  /**
   * Sends a file, or names an address, and waits for its transcript. In Node.js, `await openAsBlob(path)` of node:fs makes a Blob of a file
   * without reading it.
   * @throws HalfgigError what the API refused; with the job's own code where the job failed
   */
  async transcribe(
    media: Blob | URL,
    { fileName, onProgress, signal, ...options }: TranscribeOptions = {},
  ): Promise<Transcribed> {
    const jobId =
      media instanceof URL
        ? (await this.#call("create", { body: { ...options, url: media.href }, headers: newIdempotencyKey(), signal }))
            .jobId
        : await this.upload(media, { ...options, ...(fileName ? { fileName } : {}), ...(signal ? { signal } : {}) });
    const job = await this.wait(jobId, { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) });
    return this.result(job);
  }

  /** Sends a file and starts its job, which is not waited for. @returns the job's id */
  async upload(media: Blob, { fileName, onProgress: _, signal, ...options }: TranscribeOptions = {}): Promise<string> {
    const multipart = media.size > this.#largestSinglePutBytes;
    const name = fileName ?? (media as Partial<File>).name ?? "upload";
    const body = {
      fileName: name,
      sizeBytes: media.size,
      options,
      ...(multipart ? { multipart, addresses: false } : {}),
    };
    const { jobId, upload } = await this.#call("upload", { body, signal });
    if (upload?.method === "MULTIPART") await this.#sendParts(jobId, media, signal);
    else if (upload?.method === "PUT") await this.#put(upload.url, media, upload.headers, signal);
    return jobId;
  }

  job(jobId: string, signal?: AbortSignal): Promise<Job> {
    return this.#call("job", { path: { jobId }, signal });
  }

  /** A page of jobs, newest first; `next` is the cursor of the page after it. */
  jobs(
    query: { limit?: number; cursor?: string; status?: string; since?: string } = {},
  ): Promise<{ jobs: Job[]; next: string | null }> {
    return this.#call("jobs", { query });
  }

  /** Asks until the job has ended. */
  async wait(
    jobId: string,
    { onProgress, signal }: Pick<TranscribeOptions, "onProgress" | "signal"> = {},
  ): Promise<Job> {
    for (let pauseMs = 150; ; pauseMs = Math.min(2_000, pauseMs * 1.3)) {
      const job = await this.job(jobId, signal);
      onProgress?.(job);
      if (["done", "partial", "failed", "canceled"].includes(job.status)) return job;
      await pause(pauseMs, signal);
    }
  }

  /** The result of a job that has ended. @throws HalfgigError where it failed or was canceled */
  async result(job: Job): Promise<Transcribed> {
    const { jobId, status, error } = job;
    if (status !== "done" && status !== "partial") {
      const message = error ? `${error.message} ${error.advice}` : `Job ${jobId} is ${status}.`;
      throw new HalfgigError(message, { status: 0, code: error?.code });
    }
    const transcript = await this.#call("transcript", { path: { jobId, file: "transcript.json" } });
    const { language } = transcript;
    const keepDoubtful = job.options.keepDoubtful === true;
    const segments = printedSegments(transcript.segments, { keepDoubtful });
    const text = segments.map((segment) => segment.text.trim()).join(" ");
    return { jobId, status, text, language: language?.code ?? null, segments, transcript, job };
  }

  /** The transcript as a file: srt, vtt, txt or tsv. */
  async file(jobId: string, format: "srt" | "vtt" | "txt" | "tsv"): Promise<string> {
    return (await this.#request("transcript", { path: { jobId, file: `transcript.${format}` } })).text();
  }

  cancel(jobId: string): Promise<Job> {
    return this.#call("cancel", { path: { jobId } });
  }

  retry(jobId: string): Promise<Job> {
    return this.#call("retry", { path: { jobId } });
  }

  /** Deletes the job, its file and its results. */
  async delete(jobId: string): Promise<void> {
    await this.#request("delete", { path: { jobId } });
  }

  async #sendParts(jobId: string, media: Blob, signal: AbortSignal | undefined): Promise<void> {
    const { partCount, partSizeBytes } = await this.#call("parts", { path: { jobId }, signal });
    for (let part = 1; part <= partCount; part++) {
      const bytes = media.slice((part - 1) * partSizeBytes, part * partSizeBytes);
      await this.#sendPart(jobId, part, bytes, signal);
    }
    await this.#call("complete", { path: { jobId }, body: {}, signal });
  }

  /** With a fresh address each time: an upload may take longer than one is good for. */
  async #sendPart(jobId: string, part: number, bytes: Blob, signal: AbortSignal | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { url, headers } = await this.#call("partAddress", { path: { jobId, partNumber: part }, signal });
        return await this.#put(url, bytes, headers, signal);
      } catch (error) {
        if (attempt >= attemptsPerPart || signal?.aborted) throw error;
        await pause(500 * attempt, signal);
      }
    }
  }

  /** Straight to S3, which knows the address and not the token. */
  async #put(url: string, body: Blob, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<void> {
    const reply = await this.#fetch(url, { method: "PUT", body, headers, ...(signal ? { signal } : {}) });
    if (!reply.ok)
      throw new HalfgigError(`The upload was refused: HTTP ${reply.status}`, { status: reply.status, code: undefined });
  }

  async #call<N extends Exclude<Operation, "delete">>(name: N, asked: Asked): Promise<Reply<N>> {
    const reply = await this.#request(name, asked);
    return operations[name].reply.parse(await reply.json()) as Reply<N>;
  }

  async #request(name: Operation, { path = {}, query = {}, headers = {}, body, signal }: Asked): Promise<Response> {
    const { method, path: pattern } = operations[name];
    const filled = pattern.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(String(path[part] ?? "")));
    const given = Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)] as [string, string]],
    );
    const suffix = given.length > 0 ? `?${new URLSearchParams(given)}` : "";
    const reply = await fetchPatiently(this.#fetch, `${this.#baseUrl}${filled}${suffix}`, {
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    if (!reply.ok) throw await HalfgigError.of(reply, `${method} ${filled}`);
    return reply;
  }
}

type Operation = keyof typeof operations;
type Reply<N extends Exclude<Operation, "delete">> = z.output<(typeof operations)[N]["reply"]>;
type Asked = {
  path?: Record<string, string | number>;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
};
