import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { newIdempotencyKey } from "../../client/patience.ts";
import type { JobOptions } from "../../layers/storage/index.ts";
import type { Random } from "../eval/index.ts";
import { Refused, type SoakClient } from "./client.ts";
import type { SoakFiles } from "./files.ts";

/** What became of a job that was asked for, as far as its sender can say. */
export type Sent = {
  kind: string;
  client: SoakClient;
  jobId: string;
  /** How it may end; deleted jobs are not there. */
  expected: "done" | "failed" | "canceled or done" | "deleted";
};

type Flow = (client: SoakClient, files: SoakFiles, random: Random) => Promise<Sent>;

/** Each sends one job and sees it to its end. The weights say how often it is drawn. */
export const kinds: readonly { name: string; weight: number; run: Flow }[] = [
  { name: "parallel", weight: 4, run: (client, { speech }) => upload("parallel", client, speech, { words: true }) },
  { name: "exact", weight: 2, run: (client, { speech }) => upload("exact", client, speech, { mode: "exact" }) },
  { name: "given transcript", weight: 2, run: given },
  { name: "in parts", weight: 1, run: (client, { long }) => inParts("in parts", client, long) },
  {
    name: "from a URL",
    weight: 2,
    run: (client, { site }, dice) => fromUrl(client, `${site}/speech.ogg`, "done", dice),
  },
  {
    name: "from a URL in vain",
    weight: 1,
    run: (client, { site }, dice) => fromUrl(client, `${site}/nothing`, "failed", dice),
  },
  { name: "not media", weight: 1, run: (client, { text }) => upload("not media", client, text, {}, "failed") },
  { name: "canceled", weight: 1, run: canceled },
  { name: "canceled, then retried", weight: 1, run: retried },
  { name: "deleted", weight: 1, run: deleted },
  { name: "parts given up", weight: 1, run: givenUp },
];

export function drawKind(random: Random) {
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  let rest = random.next() * total;
  for (const kind of kinds) {
    rest -= kind.weight;
    if (rest < 0) return kind;
  }
  return kinds[0]!;
}

type Reply = { jobId: string; upload?: { url: string; headers: Record<string, string> }; transcript?: Reply["upload"] };

async function begin(client: SoakClient, path: string, options: Partial<JobOptions>): Promise<Required<Reply>> {
  const { size } = await stat(path);
  const body = { fileName: basename(path), sizeBytes: size, options };
  return (await client.call("POST", "/v1/uploads", body)) as Required<Reply>;
}

/** An address that has grown too old, as when the clock has jumped, is asked for anew with a new job. */
async function uploaded(
  client: SoakClient,
  path: string,
  options: Partial<JobOptions>,
  beside?: string,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const { jobId, upload, transcript } = await begin(client, path, options);
    try {
      await client.put(path, upload);
      if (beside) await client.put(beside, transcript);
      return jobId;
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 403 || attempt === 5) throw error;
    }
  }
}

async function upload(
  kind: string,
  client: SoakClient,
  path: string,
  options: Partial<JobOptions>,
  expected: Sent["expected"] = "done",
): Promise<Sent> {
  const jobId = await uploaded(client, path, options);
  return { kind, client, jobId, expected };
}

async function given(client: SoakClient, { speech, srt }: SoakFiles): Promise<Sent> {
  const bytes = await readFile(srt);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const transcript = { format: "srt" as const, sizeBytes: bytes.length, sha256 };
  const jobId = await uploaded(client, speech, { transcript }, srt);
  return { kind: "given transcript", client, jobId, expected: "done" };
}

async function inParts(kind: string, client: SoakClient, path: string): Promise<Sent> {
  const { size } = await stat(path);
  const jobId = await beginParts(client, path);
  for (let partNumber = 1, from = 0; from < size; partNumber++)
    from += await putPart(client, path, jobId, partNumber, from);
  await client.call("POST", `/v1/uploads/${jobId}/complete`, {});
  return { kind, client, jobId, expected: "done" };
}

async function beginParts(client: SoakClient, path: string): Promise<string> {
  const { size } = await stat(path);
  const body = { fileName: basename(path), sizeBytes: size, options: {}, multipart: true, addresses: false };
  return ((await client.call("POST", "/v1/uploads", body)) as Reply).jobId;
}

async function putPart(
  client: SoakClient,
  path: string,
  jobId: string,
  partNumber: number,
  from: number,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const asked = await client.call("GET", `/v1/uploads/${jobId}/parts/${partNumber}`);
    const address = asked as { url: string; headers: Record<string, string>; sizeBytes: number };
    try {
      await client.put(path, address, from, from + address.sizeBytes);
      return address.sizeBytes;
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 403 || attempt === 5) throw error;
    }
  }
}

/** With a key a request that is repeated finds its job; without one it makes another, and nobody knows of the first. */
async function fromUrl(client: SoakClient, url: string, expected: "done" | "failed", random: Random): Promise<Sent> {
  const headers = random.next() < 0.5 ? newIdempotencyKey() : {};
  const { jobId } = (await client.call("POST", "/v1/jobs", { url, captions: "ignore" }, headers)) as Reply;
  return { kind: expected === "done" ? "from a URL" : "from a URL in vain", client, jobId, expected };
}

/** Says 409 where the job has ended already, which is as good. */
async function cancel(client: SoakClient, jobId: string): Promise<void> {
  await client.call("POST", `/v1/jobs/${jobId}/cancel`).catch((error: unknown) => {
    if (!(error instanceof Refused) || error.status !== 409) throw error;
  });
}

async function canceled(client: SoakClient, { speech }: SoakFiles, random: Random): Promise<Sent> {
  const jobId = await uploaded(client, speech, {});
  await sleep(random.uniform(0, 3000));
  await cancel(client, jobId);
  return { kind: "canceled", client, jobId, expected: "canceled or done" };
}

async function retried(client: SoakClient, files: SoakFiles, random: Random): Promise<Sent> {
  const { jobId } = await canceled(client, files, random);
  const job = await client.ended(jobId);
  if (job?.status === "canceled") await client.retry(jobId);
  return { kind: "canceled, then retried", client, jobId, expected: "done" };
}

async function deleted(client: SoakClient, { speech }: SoakFiles, random: Random): Promise<Sent> {
  const jobId = await uploaded(client, speech, {});
  await sleep(random.uniform(0, 6000));
  await remove(client, `/v1/jobs/${jobId}`);
  return { kind: "deleted", client, jobId, expected: "deleted" };
}

async function givenUp(client: SoakClient, { long }: SoakFiles): Promise<Sent> {
  const jobId = await beginParts(client, long);
  await putPart(client, long, jobId, 1, 0);
  await remove(client, `/v1/uploads/${jobId}`);
  return { kind: "parts given up", client, jobId, expected: "deleted" };
}

/** Sent again after a reply that was lost, it finds nothing. */
async function remove(client: SoakClient, path: string): Promise<void> {
  await client.call("DELETE", path).catch((error: unknown) => {
    if (!(error instanceof Refused) || error.status !== 404) throw error;
  });
}
