import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";

type StoredRecord = { key: string; sizeBytes: number; segments: { file: string; sizeBytes: number }[] };

/** What a host that was ended properly left on the disk, with everything taken out that is another one in every run. */
export type Evidence = {
  /** `bucket/key` of every object, sorted. */
  objects: string[];
  /** The job's record, without its times. */
  job: unknown;
  /** Every file that is no object, sorted. */
  files: string[];
  /** Files in the buckets that no object names, uploads that are open, and what is in folders for what is temporary. */
  orphans: string[];
  /**
   * Jobs, and uploads in parts of such, whose maker died before they could be listed, and whose client has made another: nobody knows of them.
   * The bucket's lifecycle rule ends the uploads.
   */
  unheard: number;
  /** How often executions were started, and how they ended: `SUCCEEDED`. */
  executions: string[];
};

const hex = (bytes: number) => new RegExp(`[0-9a-f]{${bytes * 2}}`, "g");
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Names without ids, hashes and times. */
export function withoutIds(name: string): string {
  return name
    .replace(/halfgig-([a-zA-Z-]+)-[0-9a-f]{8}-[0-9a-f]{4}/g, "$1-<environment>")
    .replace(uuid, "<uuid>")
    .replace(/\b127\.0\.0\.1:\d+/g, "127.0.0.1:<port>")
    .replace(/\/\d{9}Z-[0-9a-f]{16}\.json/g, "/<audit>.json")
    .replace(/\d{4}-\d\d-\d\d(T[\d:.-]+Z?)?/g, "<time>")
    .replace(hex(32), "<sha256>")
    .replace(/~[0-9a-f]{24}/g, "~<hash>")
    .replace(/_[0-9a-f]{16}(?=[_/])/g, "_<work>")
    .replace(/\bj[0-9a-z]{22}\b/g, "<job>")
    .replace(/_j[0-9a-z]{22}_/g, "_<job>_")
    .replace(/\b\d{13}\b/g, "<time>")
    .replace(/-\d{4,7}(?=$|\.)/g, "-<pid>");
}

/** Everything below a folder that is a file. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Objects by their metadata; none where the host never came so far. */
async function records(dataDirectory: string): Promise<(StoredRecord & { bucket: string })[]> {
  const buckets = join(dataDirectory, "s3", "buckets");
  const found: (StoredRecord & { bucket: string })[] = [];
  for (const bucket of await readdir(buckets).catch(() => [])) {
    const folder = join(buckets, bucket, "objects");
    for (const name of await readdir(folder)) {
      found.push({ bucket, ...(JSON.parse(await readFile(join(folder, name), "utf8")) as StoredRecord) });
    }
  }
  return found;
}

export async function gatherEvidence(dataDirectory: string, jobId: string): Promise<Evidence> {
  const stored = await records(dataDirectory);
  const named = new Set(stored.flatMap(({ bucket, segments }) => segments.map(({ file }) => `${bucket}/data/${file}`)));
  const orphans: string[] = [];
  const files: string[] = [];
  const isUnheard = unheardBy(stored, jobId);
  let unheard = 0;
  for (const file of await filesBelow(dataDirectory)) {
    if (/\/uploads\/[^/]+\/upload\.json$/.test(file)) {
      const { key } = JSON.parse(await readFile(join(dataDirectory, file), "utf8")) as { key: string };
      if (isUnheard(key)) {
        unheard++;
        continue;
      }
    }
    const inBucket = /^s3\/buckets\/([^/]+\/(data|objects|uploads|tmp)\/.+)$/.exec(file);
    if (inBucket) {
      if (inBucket[2] !== "objects" && !named.has(inBucket[1] ?? "")) orphans.push(withoutIds(file));
    } else if (!file.startsWith("lambda/logs/")) files.push(withoutIds(file));
  }
  // A short file is a torn one: what an object says of itself must be true of its bytes.
  for (const { bucket, key, sizeBytes, segments } of stored) {
    const paths = segments.map(({ file }) => join(dataDirectory, "s3", "buckets", bucket, "data", file));
    const sizes = await Promise.all(
      paths.map((path) =>
        stat(path).then(
          ({ size }) => size,
          () => -1,
        ),
      ),
    );
    if (sizes.reduce((sum, size) => sum + size, 0) !== sizeBytes)
      orphans.push(`${bucket}/${withoutIds(key)} has lost bytes`);
  }
  const job = stored.find(({ key }) => key.startsWith("jobs/") && key.endsWith(`/${jobId}.json`));
  return {
    // A request that came twice is on record twice.
    objects: stored
      .filter(({ key }) => !key.startsWith("jobs/") || !isUnheard(key))
      .map(({ bucket, key }) => `${bucket}/${withoutIds(key)}`)
      .filter((name) => !name.includes("/audit/"))
      .sort(),
    job: job && withoutTimes(JSON.parse(await contentOf(dataDirectory, job))),
    files: [...new Set(files)].sort(),
    orphans,
    unheard,
    executions: await executionEnds(dataDirectory),
  };
}

/** By the key of its upload or its record: a job that no client of this run has heard of, and that is not listed. */
function unheardBy(stored: readonly StoredRecord[], heard: string): (key: string) => boolean {
  const known = new Set([heard, ...stored.map(({ key }) => /\/by-time\/\d+-(.+)$/.exec(key)?.[1])]);
  return (key) => !known.has(/(?:\/|-)(j[0-9a-z]{22})(?=[./]|$)/.exec(key)?.[1]);
}

async function contentOf(
  dataDirectory: string,
  { bucket, segments }: StoredRecord & { bucket: string },
): Promise<string> {
  const folder = join(dataDirectory, "s3", "buckets", bucket, "data");
  const parts = await Promise.all(segments.map(({ file }) => readFile(join(folder, file))));
  return Buffer.concat(parts).toString("utf8");
}

/** A job's record without what a clock, a stopwatch or a random number put into it. */
export function withoutTimes(job: unknown): unknown {
  const text = JSON.stringify(job, (name, value: unknown) =>
    /At$|^timingsMs$|^uploadId$/.test(name) ? undefined : value,
  );
  return JSON.parse(withoutIds(text)) as unknown;
}

/** Every start that the index knows, with its end. */
export async function executionEnds(dataDirectory: string): Promise<string[]> {
  const folder = join(dataDirectory, "states");
  const lines = (await readFile(join(folder, "index.jsonl"), "utf8").catch(() => "")).split("\n").filter(Boolean);
  const ends = new Map<string, string>();
  for (const line of lines) {
    const { started, ended, forgotten } = JSON.parse(line) as Record<
      string,
      { arn: string; status: string } | undefined
    >;
    if (started) ends.set(started.arn, "RUNNING");
    if (ended) ends.set(ended.arn, ended.status);
    if (forgotten) ends.delete(forgotten.arn);
  }
  const journals = await readdir(join(folder, "executions")).catch(() => []);
  return [...ends.values(), ...(journals.length === ends.size ? [] : [`${journals.length} journals`])];
}

/** Processes that have the text in their environment or command line: the functions of one host. */
export async function processesOf(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const read = (file: string) => readFile(`/proc/${entry}/${file}`, "utf8").catch(() => "");
    if ((await read("environ")).includes(text)) found.push(Number(entry));
  }
  return found;
}
