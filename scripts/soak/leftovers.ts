import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadCredentials } from "../../stacks/local/credentials.ts";
import { PrincipalObjects } from "../../stacks/local/principal-objects.ts";

const bucketNames = ["halfgig-uploads", "halfgig-results"];
const unfinished = " (unfinished upload)";
/** What outlives jobs on purpose. */
const kept = /^(audit|quota|keys|keyuse|models)\//;

/**
 * After everything was deleted: no object and no unfinished upload, once executions that were stopped have noticed.
 * @param unheardUploads how many unfinished uploads nobody can know of; the bucket's lifecycle rule ends them
 * @param heard the jobs whose senders know them
 * @returns records and names of other jobs: whoever made them was killed between the two, and its sender made another job
 */
export async function judgeLeftovers(
  data: string,
  s3Port: number,
  unheardUploads: number,
  heard: ReadonlySet<string>,
  violations: string[],
): Promise<number> {
  const { principals } = await loadCredentials(data, []);
  const tools = principals.get("tools");
  if (!tools) throw new Error("tools has no credentials");
  const objects = new PrincipalObjects(`http://127.0.0.1:${s3Port}`, "us-east-1", tools);
  try {
    let left: string[] = [];
    let unheard = 0;
    for (const endMs = performance.now() + 30_000; performance.now() < endMs; await sleep(1000)) {
      const all = await whatIsLeft(objects);
      left = all.filter((each) => !isUnheard(each, heard));
      unheard = all.length - left.length;
      if (left.every((each) => each.endsWith(unfinished)) && left.length <= unheardUploads) return unheard;
    }
    for (const each of left.slice(0, 20)) violations.push(`left behind: ${each}`);
    if (left.length > 20) violations.push(`left behind: ${left.length - 20} more`);
    return unheard;
  } finally {
    objects.close();
  }
}

function isUnheard(place: string, heard: ReadonlySet<string>): boolean {
  const ofRecord = /^halfgig-results\/jobs\/[^/]+\/(?:by-time\/\d+-)?(j[0-9a-z]{22})(?:\.json)?$/;
  const ofAddress = /^halfgig-uploads\/uploads\/[^/]+\/(j[0-9a-z]{22})\/address$/;
  const jobId = (ofRecord.exec(place) ?? ofAddress.exec(place))?.[1];
  return jobId !== undefined && !heard.has(jobId);
}

async function whatIsLeft(objects: PrincipalObjects): Promise<string[]> {
  const left: string[] = [];
  for (const bucket of bucketNames) {
    for await (const { Key } of objects.list(bucket, "")) if (!kept.test(Key)) left.push(`${bucket}/${Key}`);
    for await (const { key } of objects.unfinished(bucket, "")) left.push(`${bucket}/${key}${unfinished}`);
  }
  return left;
}

/** After the host was stopped: no process of its, and no temporary folder. */
export async function judgeProcesses(data: string, violations: string[]): Promise<void> {
  let found: string[] = [];
  for (const endMs = performance.now() + 10_000; performance.now() < endMs; await sleep(200)) {
    found = await processesOf(data);
    if (found.length === 0) break;
  }
  for (const each of found) violations.push(`still running: ${each}`);
  for (const entry of await readdir(join(data, "lambda", "environments")))
    violations.push(`left behind: an environment's ${entry}`);
}

async function processesOf(data: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const read = (file: string) => readFile(`/proc/${entry}/${file}`, "utf8").catch(() => "");
    const command = await read("cmdline");
    if (command.includes(data) || (await read("environ")).includes(data))
      found.push(`${entry} ${command.replaceAll("\0", " ").slice(0, 80)}`);
  }
  return found;
}
