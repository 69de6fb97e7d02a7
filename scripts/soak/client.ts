import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

export type JobState = {
  jobId: string;
  status: string;
  error?: { code: string; message: string };
  executionName?: string;
};
type Address = { url: string; headers: Record<string, string> };

/** The reply of the service that it will not change its mind about. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, said: string) {
    super(`HTTP ${status}: ${said}`);
    this.status = status;
  }
}

/** Nothing that is kept on trying in vain, or waited for, for so long comes about. */
const longestMs = 240_000;

/** A client that outlives its service: what breaks, and what the service stumbles over, is sent again. */
export class SoakClient {
  readonly tenant: string;
  readonly #api: string;
  readonly #key: string;

  constructor(tenant: string, api: string, key: string) {
    this.tenant = tenant;
    this.#api = api;
    this.#key = key;
  }

  /** @throws Refused for what the service will not do */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    const reply = await untilAnswered(this.#api + path, {
      method,
      headers: { ...headers, authorization: `Bearer ${this.#key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Refused(reply.status, text.slice(0, 300));
    return /^\s*[[{]/.test(text) ? JSON.parse(text) : text;
  }

  job(jobId: string): Promise<JobState> {
    return this.call("GET", `/v1/jobs/${jobId}`) as Promise<JobState>;
  }

  /** Sent again after a reply that was lost, it is refused: the job is at work. */
  async retry(jobId: string): Promise<void> {
    await this.call("POST", `/v1/jobs/${jobId}/retry`).catch((error: unknown) => {
      if (!(error instanceof Refused) || error.status !== 409) throw error;
    });
  }

  /** Everything of the tenant, whoever asked for it. */
  async jobs(): Promise<JobState[]> {
    const found: JobState[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query = new URLSearchParams({ limit: "100", ...(cursor ? { cursor } : {}) });
      const page = (await this.call("GET", `/v1/jobs?${query}`)) as { jobs: JobState[]; next: string | null };
      found.push(...page.jobs);
      cursor = page.next;
    }
    return found;
  }

  /** Polls until the job has ended, or is not there any more. */
  async ended(jobId: string): Promise<JobState | undefined> {
    for (const endMs = performance.now() + longestMs; ; ) {
      const job = await this.job(jobId).catch((error: unknown) => {
        if (error instanceof Refused && error.status === 404) return undefined;
        throw error;
      });
      if (!job || isEnded(job)) return job;
      if (performance.now() > endMs) throw new Error(`${jobId} is ${job.status} after ${longestMs / 1000} s.`);
      await sleep(400);
    }
  }

  /** Sends a file's bytes, or some of them, to a presigned address. @throws Refused where the address is good no more */
  async put(path: string, { url, headers }: Address, from = 0, to?: number): Promise<void> {
    const body = new Uint8Array((await readFile(path)).subarray(from, to));
    const reply = await untilAnswered(url, { method: "PUT", headers, body });
    const said = await reply.text();
    if (!reply.ok) throw new Refused(reply.status, said.slice(0, 300));
  }
}

const ends = new Set(["done", "partial", "failed", "canceled"]);
export const isEnded = ({ status }: Pick<JobState, "status">) => ends.has(status);

async function untilAnswered(url: string, init: RequestInit): Promise<Response> {
  let why = "";
  for (const endMs = performance.now() + longestMs; performance.now() < endMs; ) {
    try {
      const reply = await fetch(url, { ...init, signal: AbortSignal.timeout(60_000) });
      if (reply.status < 500 && reply.status !== 429) return reply;
      why = `HTTP ${reply.status} ${(await reply.text()).slice(0, 200)}`;
      await sleep(Number(reply.headers.get("retry-after") ?? 0.5) * 1000);
    } catch (error) {
      why = String((error as Error).cause ?? error);
      await sleep(300);
    }
  }
  throw new Error(`${init.method} ${new URL(url).pathname} came to nothing for ${longestMs / 1000} s: ${why}`);
}
