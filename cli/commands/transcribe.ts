import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { ApiClient, type JobStatus } from "../client.ts";
import { exitStatus } from "../exit-status.ts";
import { openHost } from "../open-host.ts";
import type { CommandLine } from "../options.ts";
import { sendFile } from "../send-file.ts";
import { sendUrl } from "../send-url.ts";
import { printable } from "../terminal.ts";
import { isAddress } from "../url-flags.ts";
import { voiceText } from "../voice-report.ts";

/** `halfgig <file…>`: each file through the whole system; results are printed, or written with -o. */
export async function transcribe(options: CommandLine): Promise<number> {
  const notice = (line: string) => process.stderr.write(`halfgig: ${line}\n`);
  const opened = await openHost({ ...options, kind: "cli", temporaryIfBusy: true, onNotice: notice });
  const stop = stopOnSignal();
  try {
    if (opened.model?.manifest.demo) notice("using the DEMO model: it knows 392 words; --model chooses another");
    const api = new ApiClient(opened.host.url, opened.host.accessToken);
    const names = outputNames(options.files);
    let worst: number = exitStatus.done;
    for (const [index, file] of options.files.entries()) {
      try {
        const choices = { ...options, signal: stop.signal };
        const all = isAddress(file) ? await sendUrl(api, file, choices) : [await sendFile(api, file, choices)];
        for (const [entry, { job, reused }] of all.entries()) {
          if (reused)
            notice(`${printable(file)}: reused the transcript of ${job.updatedAt} (same bytes, options and model)`);
          worst = Math.max(worst, report(file, job));
          const name = `${names[index] ?? index}${all.length > 1 ? `-${entry + 1}` : ""}`;
          if (job.status !== "failed") await deliver(api, job, name, options);
        }
      } catch (error) {
        if (stop.signal.aborted) throw error;
        notice(printable(`${file}: ${(error as Error).message}`));
        worst = Math.max(worst, rank(exitStatus.failed));
      }
    }
    return unrank(worst);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    notice("interrupted; the job goes on where it stopped when the same file is given again");
    return exitStatus.failed;
  } finally {
    stop.off();
    await opened.close();
  }
}

// A failed file weighs more than a partial one, though its status is the smaller number.
const rank = (status: number) => (status === exitStatus.failed ? 2 : status === exitStatus.partial ? 1 : 0);
const unrank = (value: number) => [exitStatus.done, exitStatus.partial, exitStatus.failed][value] ?? exitStatus.failed;

/** Says what became of a file; returns the rank of its exit status. */
function report(file: string, job: JobStatus): number {
  const say = (line: string) => process.stderr.write(`halfgig: ${printable(file)}: ${printable(line)}\n`);
  if (job.status === "failed") {
    say(`failed at ${job.error?.step}: ${job.error?.message} ${job.error?.advice ?? ""} [${job.error?.code}]`);
    return rank(exitStatus.failed);
  }
  if (job.status === "canceled") {
    say("canceled");
    return rank(exitStatus.failed);
  }
  for (const warning of job.warnings ?? []) say(warning);
  if (job.status === "partial") {
    say(
      `partial: ${((job.ledgerMs?.failed ?? 0) / 1000).toFixed(1)} s could not be transcribed; the ledger in the JSON says which and why`,
    );
    return rank(exitStatus.partial);
  }
  return rank(exitStatus.done);
}

async function deliver(api: ApiClient, job: JobStatus, name: string, options: CommandLine): Promise<void> {
  const judged = job.options.tasks?.includes("voice") && !job.model.includes("-skip_ai_models");
  const alone = job.options.tasks?.every((task) => task === "voice") ?? false;
  if (judged) await deliverVoice(await api.voice(job.jobId), name, { ...options, alone });
  for (const format of alone && options.outputDirectory === undefined ? [] : options.formats) {
    const text = await api.transcript(job.jobId, format, options.subtitles);
    if (options.outputDirectory === undefined) {
      // To a terminal only what a terminal should get; to a pipe or file, the bytes as they are.
      process.stdout.write(process.stdout.isTTY ? printable(text) : text);
      continue;
    }
    await mkdir(options.outputDirectory, { recursive: true });
    const path = join(options.outputDirectory, `${name}.${format}`);
    await writeFile(`${path}.tmp`, text);
    await rename(`${path}.tmp`, path);
    process.stderr.write(`halfgig: wrote ${printable(path)}\n`);
  }
}

/** To people as a table: on stdout where it is all that was asked for, else beside the progress. With -o as it is. */
async function deliverVoice(
  json: string,
  name: string,
  { outputDirectory, alone }: Pick<CommandLine, "outputDirectory"> & { alone: boolean },
): Promise<void> {
  (alone ? process.stdout : process.stderr).write(printable(voiceText(json)));
  if (outputDirectory === undefined) return;
  await mkdir(outputDirectory, { recursive: true });
  const path = join(outputDirectory, `${name}.voice.json`);
  await writeFile(`${path}.tmp`, json);
  await rename(`${path}.tmp`, path);
  process.stderr.write(`halfgig: wrote ${printable(path)}\n`);
}

/** Names for results: a file's own without its extension; with it where two files would share a name. */
export function outputNames(files: readonly string[]): string[] {
  const paths = files.map((file) => (isAddress(file) ? pathOf(file) : file));
  const stems = paths.map((path) => basename(path, extname(path)));
  const names = stems.map((stem, index) =>
    stems.indexOf(stem) === stems.lastIndexOf(stem) ? stem : basename(paths[index] ?? ""),
  );
  return names.map((name, index) => {
    const earlier = names.slice(0, index).filter((other) => other === name).length;
    return earlier === 0 ? name : `${name}-${earlier + 1}`;
  });
}

/** The path of an address as it is written: what is percent-encoded in it stays so. */
function pathOf(address: string): string {
  const url = URL.parse(address);
  return !url ? "address" : basename(url.pathname) === "" ? url.hostname : url.pathname;
}

function stopOnSignal() {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  const off = () => {
    process.off("SIGINT", abort);
    process.off("SIGTERM", abort);
  };
  return { signal: controller.signal, off };
}
