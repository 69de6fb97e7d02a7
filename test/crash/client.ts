import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { newIdempotencyKey } from "../../client/patience.ts";
import type { HostAddresses } from "./victim-process.ts";

/** The request came to nothing that can be relied on: it is sent again, to the next host where this one is gone. */
export class Unanswered extends Error {}

export type ClientOptions = {
  /** The host to ask: the same one as before while it lives. */
  host(): Promise<HostAddresses>;
  /** Milliseconds since the epoch. */
  deadlineMs: number;
};

type PutAddress = { url: string; headers: Record<string, string> };
type Uploads = { jobId: string; status: string; upload?: PutAddress };
export type Job = Record<string, unknown> & { status: string };

const formats = ["json", "srt", "vtt", "txt", "tsv"] as const;
export type Transcripts = Record<(typeof formats)[number], string>;

/**
 * A client that repeats what was not answered, and never what was: a file whose PUT got its 200 is not sent again.
 * The job's id follows from the file, so that repeating the first request is harmless too.
 */
export class PatientClient {
  readonly #options: ClientOptions;
  /** Replies that said no, in words, for tests that look at them. */
  readonly refusals: string[] = [];

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Sends a file with one PUT. @returns the job's id */
  async send(path: string): Promise<string> {
    const { bytes, body } = await describe(path);
    return await this.#again(async () => {
      const reply = (await this.#json("POST", "/v1/uploads", body)) as Uploads;
      if (reply.upload) await this.#put(reply.upload, bytes);
      return reply.jobId;
    });
  }

  /** Sends a file in parts. @returns the job's id */
  async sendParts(path: string): Promise<string> {
    const { bytes, body } = await describe(path);
    const request = { ...body, multipart: true, addresses: false };
    const { jobId } = (await this.#again(() => this.#json("POST", "/v1/uploads", request))) as Uploads;
    const sent = new Set<number>();
    const { partCount, partSizeBytes } = (await this.#again(() => this.#json("GET", `/v1/uploads/${jobId}/parts`))) as {
      partCount: number;
      partSizeBytes: number;
    };
    for (let n = 1; n <= partCount; n++) {
      const part = bytes.subarray((n - 1) * partSizeBytes, n * partSizeBytes);
      await this.#again(async () => {
        const address = (await this.#json("GET", `/v1/uploads/${jobId}/parts/${n}`)) as PutAddress;
        await this.#put(address, part);
      });
      sent.add(n);
    }
    await this.#again(() => this.#json("POST", `/v1/uploads/${jobId}/complete`, {}));
    return jobId;
  }

  /** Names an address, with a key: repeated, it is the same job. @returns the job's id */
  async sendAddress(body: { url: string } & Record<string, string>): Promise<string> {
    const key = newIdempotencyKey();
    const { jobId } = (await this.#again(() => this.#json("POST", "/v1/jobs", body, key))) as { jobId: string };
    return jobId;
  }

  async wait(jobId: string): Promise<Job> {
    for (;;) {
      const job = (await this.#again(() => this.#json("GET", `/v1/jobs/${jobId}`))) as Job;
      if (["done", "partial", "failed", "canceled"].includes(job.status)) return job;
      if (Date.now() > this.#options.deadlineMs) throw new Error(`the job is still ${job.status}`);
      await sleep(250);
    }
  }

  async transcripts(jobId: string): Promise<Transcripts> {
    const texts: [string, string][] = [];
    for (const format of formats) {
      texts.push([format, await this.#again(() => this.#text("GET", `/v1/jobs/${jobId}/transcript.${format}`))]);
    }
    return Object.fromEntries(texts) as Transcripts;
  }

  /** The passages in which the words are found, without what a job is called. */
  async search(words: string): Promise<unknown> {
    return await this.#again(() => this.#json("GET", `/v1/search?q=${encodeURIComponent(words)}`));
  }

  /** Deletes what nobody was told of: jobs whose first request was cut off before its answer. */
  async deleteOthers(jobId: string): Promise<void> {
    const { jobs } = (await this.#again(() => this.#json("GET", "/v1/jobs"))) as { jobs: { jobId: string }[] };
    for (const job of jobs) if (job.jobId !== jobId) await this.delete(job.jobId);
  }

  /** Deletes until the answer is that it is gone. */
  async delete(jobId: string): Promise<void> {
    await this.#again(() => this.#text("DELETE", `/v1/jobs/${jobId}`, undefined, [404]));
  }

  async #again<Result>(step: () => Promise<Result>): Promise<Result> {
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        if (Date.now() > this.#options.deadlineMs) throw error;
        await sleep(pauseMs);
      }
    }
  }

  async #json(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<unknown> {
    return JSON.parse(await this.#text(method, path, body, [], headers));
  }

  async #text(
    method: string,
    path: string,
    body?: unknown,
    accepted: number[] = [],
    headers: Record<string, string> = {},
  ): Promise<string> {
    const { api, token } = await this.#options.host();
    const init = {
      method,
      headers: { ...headers, authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return await this.#answered(`${method} ${path}`, () => fetch(api + path, init), accepted);
  }

  async #put({ url, headers }: PutAddress, bytes: Buffer): Promise<void> {
    const init = { method: "PUT", headers, body: new Uint8Array(bytes) };
    await this.#answered("PUT of the file", () => fetch(url, init), []);
  }

  async #answered(what: string, request: () => Promise<Response>, accepted: number[]): Promise<string> {
    let reply: Response;
    let text: string;
    try {
      reply = await request();
      text = await reply.text();
    } catch (error) {
      throw new Unanswered(`${what}: ${String(error)}`, { cause: error });
    }
    if (reply.ok || accepted.includes(reply.status)) return text;
    const refusal = `${what}: HTTP ${reply.status} ${text}`;
    this.refusals.push(refusal);
    // An address of a part is of the host that gave it: its port may be another's by now.
    if (reply.status >= 500 || reply.status === 429) throw new Unanswered(refusal);
    throw new Error(refusal);
  }
}

async function describe(path: string) {
  const bytes = await readFile(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, body: { fileName: basename(path), sizeBytes: bytes.length, sha256, options: {} } };
}
