import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSettings } from "../../layers/core/index.ts";
import { namesOfLanguages } from "../../layers/transcript/index.ts";
import { ApiClient, type JobStatus } from "../client.ts";
import { exitStatus } from "../exit-status.ts";
import { openHost } from "../open-host.ts";
import { type CommandLine, demoDataDirectory } from "../options.ts";
import { sendFile } from "../send-file.ts";
import { functionsTable, ledgerTable } from "../tables.ts";
import { type FunctionTotals, Tally } from "../tally.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const video = join(project, "samples", "digits.mp4");
/** Captions of the video, for a host that has no model (MEMORY_MODE=lite). */
const captions = join(project, "samples", "digits.srt");

/** `halfgig demo`: the bundled video through the whole system with the bundled model, and what it took. */
export async function demo(options: CommandLine): Promise<number> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const dataDirectory = options.dataDirectory ?? demoDataDirectory;
  const started = performance.now();
  const tally = new Tally();
  const lite = readSettings(process.env).MEMORY_MODE === "lite";
  say(
    lite
      ? "halfgig demo: samples/digits.mp4 with its captions, samples/digits.srt; no model is loaded (MEMORY_MODE=lite)"
      : "halfgig demo: samples/digits.mp4 by the DEMO model (392 words; see layers/models/demo/README.md)",
  );
  const opened = await openHost({
    ...options,
    model: "demo",
    dataDirectory,
    kind: "host",
    onReport: (report) => tally.add(report),
    onNotice: (line) => say(`  ${line}`),
  });
  try {
    const { host, model } = opened;
    const api = new ApiClient(host.url, host.accessToken);
    const { job, reused } = await sendFile(api, video, {
      job: options.job,
      fresh: false,
      ...(lite ? { transcript: captions } : {}),
    });
    say(
      `  ${reuseLine([
        [model?.built === false, "the built model graphs"],
        [host.bundlesReused, "the function bundles"],
        [reused, `the transcript of ${job.updatedAt} (same bytes, options and model)`],
      ])}`,
    );
    if (job.status === "failed") return reportFailure(job, tally, say);
    say(`\n${await api.transcript(job.jobId, "srt")}`);
    const { language } = job;
    const share = language && (job.languages?.length ?? 0) < 2 ? ` (${(language.probability * 100).toFixed(1)} %)` : "";
    const spoken = `${namesOfLanguages(job) ?? "not detected"}${share}`;
    say(`language  ${spoken}   status  ${job.status}\n`);
    if (job.ledgerMs) say(`${ledgerTable(job.ledgerMs)}\n`);
    say("functions of this run");
    say(functionsTable(tally.functions));
    await earlierRun(join(dataDirectory, `run-${job.jobId}.json`), reused, tally, say);
    say(
      `\n${((performance.now() - started) / 1000).toFixed(1)} s in all; memory limits by ${host.limiter}. --fresh starts over.`,
    );
    return job.status === "partial" ? exitStatus.partial : exitStatus.done;
  } finally {
    await opened.close();
  }
}

function reuseLine(parts: readonly (readonly [boolean, string])[]): string {
  const reused = parts.filter(([is]) => is).map(([, what]) => what);
  return reused.length === 0 ? "nothing to reuse yet: the next run will be quicker" : `reused: ${reused.join("; ")}`;
}

function reportFailure(job: JobStatus, tally: Tally, say: (line: string) => void): number {
  say(`\nThe job failed at ${job.error?.step}: ${job.error?.message} [${job.error?.code}]\n${job.error?.advice}\n`);
  say(functionsTable(tally.functions));
  return exitStatus.failed;
}

/** A run that computes leaves its table, so that a run that reuses can show what the result had cost. */
async function earlierRun(path: string, reused: boolean, tally: Tally, say: (line: string) => void): Promise<void> {
  if (!reused) return writeFile(path, JSON.stringify(tally.functions));
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return;
  say("\nfunctions of the run that computed the transcript");
  say(functionsTable(JSON.parse(text) as FunctionTotals[]));
}
