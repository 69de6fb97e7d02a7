import { createReadStream } from "node:fs";
import { request } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEvents } from "../client/events.ts";
import { fetchPatiently, newIdempotencyKey } from "../client/patience.ts";
import type { JobOptions, JobRecord } from "../layers/storage/index.ts";
import type { FoundPassages, GivenAnswer } from "./found.ts";
import type { AnswerEvent } from "./streamed-answer.ts";
import type { TextOptions } from "./subtitle-flags.ts";

/** `windows` are counted, or `exact` mode's way through the file is measured. */
export type JobProgress = { windows: number; windowsDone: number } | { seekMs: number; durationMs: number };
export type JobStatus = JobRecord & { progress?: JobProgress };
type PutAddress = { method?: "PUT"; url: string; headers: Record<string, string> };
type UploadReply = {
  jobId: string;
  status: string;
  reused?: boolean;
  upload?: PutAddress;
  /** Where the transcript goes that comes with the file. */
  transcript?: PutAddress;
};

/** The HTTP API as any program would use it; the command line has no other way in. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  requestUpload(body: {
    fileName: string;
    sizeBytes: number;
    sha256?: string;
    options: Partial<JobOptions>;
  }): Promise<UploadReply> {
    return this.#json("POST", "/v1/uploads", body);
  }

  /** A job of an address. */
  createJob(body: Partial<JobOptions> & { url: string }): Promise<{ jobId: string; status: string }> {
    return this.#json("POST", "/v1/jobs", body, newIdempotencyKey());
  }

  /** An upload in parts, whose addresses are asked for one by one. */
  requestParts(body: { fileName: string; sizeBytes: number; options: Partial<JobOptions> }): Promise<UploadReply> {
    return this.#json("POST", "/v1/uploads", { ...body, multipart: true, addresses: false });
  }

  /** Which parts of an upload have arrived. */
  parts(jobId: string): Promise<{ partSizeBytes: number; partCount: number; parts: { partNumber: number }[] }> {
    return this.#json("GET", `/v1/uploads/${jobId}/parts`);
  }

  partAddress(jobId: string, partNumber: number): Promise<PutAddress & { sizeBytes: number }> {
    return this.#json("GET", `/v1/uploads/${jobId}/parts/${partNumber}`);
  }

  complete(jobId: string): Promise<JobRecord> {
    return this.#json("POST", `/v1/uploads/${jobId}/complete`, {});
  }

  cancel(jobId: string): Promise<JobRecord> {
    return this.#json("POST", `/v1/jobs/${jobId}/cancel`);
  }

  retry(jobId: string): Promise<JobRecord> {
    return this.#json("POST", `/v1/jobs/${jobId}/retry`);
  }

  /** Everything of the job, its file included. */
  async delete(jobId: string): Promise<void> {
    await this.#fetch("DELETE", `/v1/jobs/${jobId}`);
  }

  job(jobId: string): Promise<JobStatus> {
    return this.#json("GET", `/v1/jobs/${jobId}`);
  }

  /** @param options layout of srt and vtt, and whether doubtful lines are in a text; the JSON is as it is */
  async transcript(jobId: string, format: string, { keepDoubtful, ...layout }: TextOptions = {}): Promise<string> {
    const query = new URLSearchParams();
    if (keepDoubtful && format !== "json") query.set("keep_doubtful", "true");
    for (const [name, value] of format === "srt" || format === "vtt" ? Object.entries(layout) : []) {
      const parameter = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      query.set(parameter, String(value));
    }
    const suffix = query.size > 0 ? `?${query}` : "";
    const reply = await this.#fetch("GET", `/v1/jobs/${jobId}/transcript.${format}${suffix}`);
    return reply.text();
  }

  /** What was found out about the voices, as JSON. */
  async voice(jobId: string): Promise<string> {
    return (await this.#fetch("GET", `/v1/jobs/${jobId}/voice.json`)).text();
  }

  /** @param query `q` and filters, as `GET /v1/search` has them */
  search(query: Record<string, string>): Promise<FoundPassages> {
    return this.#json("GET", `/v1/search?${new URLSearchParams(query)}`);
  }

  ask(body: Record<string, string | number>): Promise<GivenAnswer> {
    return this.#json("POST", "/v1/ask", body);
  }

  /** The same, while it is written. */
  async *askStream(body: Record<string, string | number>): AsyncGenerator<AnswerEvent> {
    const reply = await this.#fetch("POST", "/v1/ask", { ...body, stream: true });
    if (!reply.body) return;
    for await (const { name, data } of parseEvents(reply.body)) yield { name, data: JSON.parse(data) } as AnswerEvent;
  }

  /** Forgets all passages; the first step of making the index anew. */
  clearIndex(): Promise<{ embedsWith: FoundPassages["embedding"] }> {
    return this.#json("POST", "/v1/search/reindex", { clear: true });
  }

  /** Makes one job's passages findable, in as many requests as that takes. @returns how many there are */
  async indexJob(jobId: string): Promise<number> {
    for (let from = 0; ; ) {
      const { count, next } = await this.#json<{ count: number; next: number }>("POST", "/v1/search/reindex", {
        jobId,
        from,
      });
      if (next >= count) return count;
      from = next;
    }
  }

  /** Every job with a transcript, the newest first. */
  async *finishedJobs(): AsyncGenerator<JobRecord> {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query = new URLSearchParams({ status: "done,partial", limit: "100", ...(cursor ? { cursor } : {}) });
      const page: { jobs: JobRecord[]; next: string | null } = await this.#json("GET", `/v1/jobs?${query}`);
      yield* page.jobs;
      cursor = page.next;
    }
  }

  /** Polls until the job has ended. */
  async wait(jobId: string, onStatus: (job: JobStatus) => void, signal?: AbortSignal): Promise<JobStatus> {
    for (let pauseMs = 100; ; pauseMs = Math.min(1000, pauseMs * 1.3)) {
      const job = await this.job(jobId);
      onStatus(job);
      if (["done", "partial", "failed", "canceled"].includes(job.status)) return job;
      await sleep(pauseMs, undefined, { signal });
    }
  }

  async #json<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const reply = await this.#fetch(method, path, body, headers);
    return (await reply.json()) as T;
  }

  async #fetch(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const reply = await fetchPatiently(fetch, this.#url + path, {
      method,
      headers: { ...headers, authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (reply.ok) return reply;
    const problem = (await reply.json().catch(() => ({}))) as { detail?: string; title?: string; message?: string };
    throw new Error(problem.detail ?? problem.title ?? problem.message ?? `${method} ${path}: HTTP ${reply.status}`);
  }
}

/** Streams a file, or a piece of it, to a presigned address. fetch() cannot send a length with a stream, and S3 requires one. */
export async function putFile(
  path: string,
  sizeBytes: number,
  target: { url: string; headers: Record<string, string> },
  onSent: (bytes: number) => void,
  { fromByte = 0, signal }: { fromByte?: number; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const outgoing = request(target.url, {
    method: "PUT",
    headers: { ...target.headers, "content-length": String(sizeBytes) },
    ...(signal ? { signal } : {}),
  });
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (body.length < 4096) body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
  let sent = 0;
  const range = sizeBytes === 0 ? {} : { start: fromByte, end: fromByte + sizeBytes - 1 };
  const source = createReadStream(path, { highWaterMark: 256 * 1024, ...range });
  source.on("data", (chunk) => {
    sent += chunk.length;
    onSent(sent);
  });
  await Promise.all([pipeline(source, outgoing), answered]).catch(async (error) => {
    // A refusal may arrive while the body is still being sent, and says more than the broken pipe does.
    const refusal = await Promise.race([answered.catch(() => undefined), sleep(200, undefined)]);
    throw refusal ? new Error(`The upload was refused: ${codeOf(refusal.body)} (HTTP ${refusal.status})`) : error;
  });
  const { status, body } = await answered;
  if (status !== 200) throw new Error(`The upload was refused: ${codeOf(body)} (HTTP ${status})`);
}

const codeOf = (xml: string) => /<Code>([^<]+)<\/Code>/.exec(xml)?.[1] ?? "no reason given";
