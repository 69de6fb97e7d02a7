/**
 * What the service does under load, on this machine: `npm run load`. A host in a process of its own, with the demo model and data of its
 * own, gets small jobs and requests of several tenants; then far more at once than it takes; then the same with everything in 512 MB.
 * Ends with 1 where a request failed, an accepted job was not done, or memory grew.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "../../cli/tables.ts";
import { serve } from "../../test/e2e/support/cli.ts";
import type { Job } from "./jobs.ts";
import { MemoryCourse } from "./memory.ts";
import { runMixed } from "./mixed.ts";
import { readOptions, usage } from "./options.ts";
import { runOverload } from "./overload.ts";
import { Tally } from "./tally.ts";

const faults: string[] = [];
const say = (text: string) => console.log(text);

let options: ReturnType<typeof readOptions>;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n${usage}`);
  process.exit(2);
}
/** Ends with this program, whoever ends that. */
const running = new Set<number>();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.on("exit", () => {
  for (const pid of running) process.kill(pid, "SIGTERM");
});

async function open(name: string, serveOptions: readonly string[] = []) {
  const host = await serve(join(directory, name), {}, serveOptions);
  running.add(host.pid);
  const stop = async () => {
    await host.kill("SIGTERM");
    running.delete(host.pid);
  };
  return { host, stop };
}

const directory = await mkdtemp(join(tmpdir(), "halfgig-load-"));
try {
  if (options.parts.includes("mixed") || options.parts.includes("overload")) await onOneHost();
  if (options.parts.includes("memory")) await underOneLimit();
} finally {
  await rm(directory, { recursive: true, force: true });
}
for (const fault of faults) say(`✗ ${fault}`);
say(faults.length === 0 ? "✓ nothing failed" : `✗ ${faults.length} of the conditions did not hold`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function onOneHost(): Promise<void> {
  const { host, stop } = await open("data");
  try {
    if (options.parts.includes("mixed")) {
      say(`\n${options.jobs} jobs and ${options.requests} requests of ${options.clients} clients`);
      const tally = new Tally();
      const { jobs, memory, seconds } = await runMixed(host, options, tally);
      report(tally, jobs, options.jobs, seconds);
      reportMemory(memory);
    }
    if (options.parts.includes("overload")) {
      say(`\n${options.burst} requests at once, one kind after the other`);
      const tally = new Tally();
      using memory = new MemoryCourse(host.pid);
      const startedMs = performance.now();
      const jobs = await runOverload(host, options.burst, tally);
      report(tally, jobs, jobs.length, (performance.now() - startedMs) / 1000);
      const [own, all] = memory.courses();
      say(
        `peak memory: host ${own?.peakMiB.toFixed(0)} MiB, with ${memory.mostProcesses - 1} functions ${all?.peakMiB.toFixed(0)} MiB`,
      );
    }
  } finally {
    await stop();
  }
}

async function underOneLimit(): Promise<void> {
  const limitMB = 512;
  // Few: with one function in memory at a time, nearly every step begins with the start of a process.
  const small = { jobs: 5, requests: 100, clients: 20 };
  say(
    `\n${small.jobs} jobs and ${small.requests} requests of ${small.clients} clients, with everything in ${limitMB} MB`,
  );
  const { host, stop } = await open("small", ["--memory", String(limitMB)]);
  const tally = new Tally();
  try {
    const { jobs, seconds } = await runMixed(host, { ...options, ...small }, tally);
    report(tally, jobs, small.jobs, seconds);
  } finally {
    await stop();
  }
  const line = /the whole service took (\d+) of \d+ MiB at most/.exec(host.output());
  say(line?.[0] ?? "what the service took is not known");
  require(Number(line?.[1]) <= limitMB, `the whole service took ${line?.[1]} MiB, which is more than ${limitMB}`);
}

function report(tally: Tally, jobs: readonly Job[], wanted: number, seconds: number): void {
  say(tally.toString());
  const done = jobs.filter(({ status }) => status === "done").length;
  say(
    `${tally.answered} answered, ${tally.refused} refused with Retry-After, ${tally.failed} failed; ` +
      `jobs: ${jobs.length} accepted, ${done} done; ${seconds.toFixed(0)} s`,
  );
  for (const [error, times] of tally.errors) say(`  ${times} × ${error}`);
  require(tally.failed === 0, `${tally.failed} requests failed`);
  require(jobs.length === wanted, `${wanted - jobs.length} jobs were not taken`);
  require(done === jobs.length, `${jobs.length - done} accepted jobs are not done`);
}

function reportMemory(memory: MemoryCourse): void {
  const courses = memory.courses();
  say(
    table(
      ["memory MiB", "first half", "second half", "at most", "peak", "slope per min"],
      courses.map(({ name, halves, mostMiB, peakMiB, slopeMiBPerMinute }) => [
        name,
        ...[...halves, mostMiB, peakMiB].map(Math.round),
        slopeMiBPerMinute.toFixed(2),
      ]),
    ),
  );
  for (const { name, isFlat, halves, mostMiB } of courses)
    require(isFlat, `memory of ${name} grew from ${halves[0].toFixed(0)} to ${halves[1].toFixed(0)} MiB, over ${mostMiB.toFixed(0)}`);
}

function require(holds: boolean, otherwise: string): void {
  if (!holds) faults.push(otherwise);
}
