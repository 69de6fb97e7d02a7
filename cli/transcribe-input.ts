import { MediaError } from "../layers/core/index.ts";
import type { ApiClient, JobStatus } from "./client.ts";
import { deliver, type FileReport } from "./deliver.ts";
import { exitStatus } from "./exit-status.ts";
import { findings } from "./findings.ts";
import type { Input } from "./inputs.ts";
import type { CommandLine } from "./options.ts";
import { type SentFile, sendFile } from "./send-file.ts";
import { sendUrl } from "./send-url.ts";
import type { TextOptions } from "./subtitle-flags.ts";
import { printable } from "./terminal.ts";
import { isAddress } from "./url-flags.ts";

const notice = (line: string) => process.stderr.write(`halfgig: ${line}\n`);

/** Sends one file or address, waits for it and delivers what came of it. @returns the exit status for it, and its report or reports */
export async function transcribeInput(
  api: ApiClient,
  { shown, source }: Input,
  name: string,
  options: CommandLine & { signal: AbortSignal },
): Promise<{ status: number; reports: FileReport[] }> {
  const reports: FileReport[] = [];
  let status: number = exitStatus.done;
  try {
    const all = isAddress(source) ? await sendUrl(api, source, options) : [await sendFile(api, source, options)];
    for (const [index, sent] of all.entries()) {
      const { job, reused } = sent;
      if (reused)
        notice(`${printable(shown)}: reused the transcript of ${job.updatedAt} (same bytes, options and model)`);
      status = worse(status, tell(shown, job, options.subtitles));
      const ownName = `${name}${all.length > 1 ? `-${index + 1}` : ""}`;
      const delivered = hasResult(job) ? await deliver(api, job, ownName, options) : { written: [] };
      reports.push({ ...reportOf(shown, sent), ...delivered });
    }
  } catch (error) {
    if (options.signal.aborted) throw error;
    const { message } = error as Error;
    notice(printable(`${shown}: ${message}`));
    status = exitStatus.failed;
    reports.push({
      ...{ file: shown, jobId: null, status: "refused", reused: false, language: null, languages: [], ledgerMs: null },
      ...{ leftOut: 0, warnings: [] },
      error: { code: error instanceof MediaError ? error.code : null, message },
      written: [],
    });
  }
  if (options.json) for (const report of reports) process.stdout.write(`${JSON.stringify(report)}\n`);
  return { status, reports };
}

// A failed file weighs more than a partial one, though its status is the smaller number.
const order: readonly number[] = [exitStatus.done, exitStatus.partial, exitStatus.failed];

/** The exit status of two that says more. */
export const worse = (a: number, b: number): number => (order.indexOf(a) > order.indexOf(b) ? a : b);

const hasResult = ({ status }: JobStatus) => status === "done" || status === "partial";

function reportOf(file: string, { job, reused }: SentFile): FileReport {
  const { jobId, status, language = null, languages = [], ledgerMs = null, leftOut = 0, warnings = [], error } = job;
  const wrong = error ? { code: error.code, message: error.message } : null;
  const found = { language, languages, ledgerMs, leftOut, warnings };
  return { file, jobId, status, reused, ...found, error: wrong, written: [] };
}

/** Says what became of a file; returns its exit status. */
function tell(file: string, job: JobStatus, options: TextOptions): number {
  const say = (line: string) => notice(`${printable(file)}: ${printable(line)}`);
  if (job.status === "failed") {
    say(`failed at ${job.error?.step}: ${job.error?.message} ${job.error?.advice ?? ""} [${job.error?.code}]`);
    return exitStatus.failed;
  }
  if (job.status === "canceled") {
    say("the job was canceled");
    return exitStatus.failed;
  }
  for (const line of findings(job, options)) say(line);
  if (job.status !== "partial") return exitStatus.done;
  const seconds = ((job.ledgerMs?.failed ?? 0) / 1000).toFixed(1);
  say(`partial: ${seconds} s could not be transcribed; the ledger in the JSON says which and why`);
  return exitStatus.partial;
}
