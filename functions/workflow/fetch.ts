import type { Context } from "aws-lambda";
import { environmentValue, log, MediaError, readSettings } from "../../layers/core/index.ts";
import {
  deletePrefix,
  getJson,
  headObject,
  keys,
  putObject,
  readJob,
  withTranscript,
} from "../../layers/storage/index.ts";
import { type FetchOutput, fetchInputSchema, fetchOutputSchema } from "../../layers/workflow/index.ts";
import { storeCaptions } from "./captions.ts";
import { createEntries } from "./entries.ts";
import { type Fetched, fetchSource } from "./fetch-source.ts";
import { report } from "./progress.ts";

/** What is left of the function's time for saying what happened. */
const reserveMs = 15_000;

/**
 * The first step of a job of an address: stores what is there as the job's upload, as a stream, and its captions beside it. What it
 * did is written once; a repetition gives the same answer and fetches nothing.
 */
export async function handler(
  event: unknown,
  context: Pick<Context, "getRemainingTimeInMillis">,
): Promise<FetchOutput> {
  const { job, workPrefix, executionName } = fetchInputSchema.parse(event);
  const bucket = environmentValue("RESULTS_BUCKET");
  const earlier = await fetchedBefore(bucket, workPrefix);
  if (earlier) return earlier;
  await report({ ...job, executionName }, { status: "running" });
  const record = await readJob(job);

  using deadline = new Deadline(context.getRemainingTimeInMillis() - reserveMs);
  const fetched = await fetchSource(job, {
    settings: readSettings(process.env),
    isEntry: record.entryOf !== undefined,
    signal: deadline.signal,
  });
  const output = await outputOf(fetched).catch(async (error) => {
    // Deleted meanwhile: what was stored after that is nobody's.
    const deleted = error instanceof MediaError && error.code === "job.not_found";
    if (deleted) await deletePrefix(job.bucket, keys.uploadsOf(job));
    throw error;
  });
  const body = `${JSON.stringify(output, null, 2)}\n`;
  const first = await putObject(bucket, keys.fetched(workPrefix), body, "application/json", { onlyIfAbsent: true });
  return first ? output : ((await fetchedBefore(bucket, workPrefix)) ?? output);

  async function outputOf(found: Fetched): Promise<FetchOutput> {
    if (found.kind === "list") {
      const entries = await createEntries(record, found.addresses);
      await report({ ...job, executionName }, { status: "done", fileName: found.title, entries });
      log.info("list", { jobId: job.jobId, entries: entries.length });
      return { job, listed: true };
    }
    const transcript = found.captions && (await storeCaptions(job, found.captions));
    const head = await headObject(job.bucket, job.key);
    if (!head) throw new MediaError("storage.unavailable", "What was fetched is not in the storage. Try again.");
    // Attempts at the same address share their results, and an address may give other bytes every time.
    if (record.object && record.object.etag !== head.etag) await deletePrefix(bucket, workPrefix);
    const { language, automatic } = found.captions ?? {};
    await report(
      { ...job, executionName },
      {
        fileName: found.title ?? record.fileName,
        source: {
          title: found.title ?? "",
          captions: language === undefined ? null : { language, automatic: automatic === true },
        },
      },
    );
    log.info("fetched", { jobId: job.jobId, sizeBytes: head.sizeBytes, captions: transcript !== undefined });
    const options = transcript ? withTranscript(job.options, transcript) : job.options;
    return { job: { ...job, etag: head.etag, sizeBytes: head.sizeBytes, options }, listed: false };
  }
}

/** The answer of an earlier run. Should two have run at once, the later one stored the same source again: its version counts. */
async function fetchedBefore(bucket: string, workPrefix: string): Promise<FetchOutput | undefined> {
  const stored = await getJson(bucket, keys.fetched(workPrefix));
  if (!stored) return undefined;
  const output = fetchOutputSchema.parse(stored.value);
  if (output.listed) return output;
  const head = await headObject(output.job.bucket, output.job.key);
  if (!head)
    throw new MediaError("upload.missing", "What was fetched is not in the storage any more. Start a new job.");
  return { ...output, job: { ...output.job, etag: head.etag, sizeBytes: head.sizeBytes } };
}

/** Ends the fetching before the function's own time does, so that there is a reason on record. */
class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#timer = setTimeout(
      () =>
        this.#controller.abort(
          new MediaError(
            "source.too_slow",
            "The download did not end within the time that a step has. Upload the file.",
          ),
        ),
      ms,
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
