import { Readable } from "node:stream";
import type { z } from "zod";
import { environmentValue, type JobId, log, MediaError } from "../../layers/core/index.ts";
import {
  deletePrefix,
  getJson,
  keys,
  putStream,
  readJob,
  readJsonLines,
  type TranscriptFormat,
} from "../../layers/storage/index.ts";
import {
  type ActivitySpan,
  assembleTranscript,
  renderJson,
  renderSrt,
  renderTsv,
  renderTxt,
  renderVtt,
  type Transcript,
  transcriptSchema,
  type WindowResult,
  windowTranscriptSchema,
} from "../../layers/transcript/index.ts";
import {
  activitySpanSchema,
  describeFailure,
  type FailedItem,
  inferInputSchema,
  type MergeOutput,
  mergeInputSchema,
  plannedWindowSchema,
  readFailedItems,
} from "../../layers/workflow/index.ts";
import { report } from "./progress.ts";

type Input = z.output<typeof mergeInputSchema>;

/**
 * Joins the windows' results in order, accounts for every second in the ledger, writes the transcript in every format,
 * and removes the work objects. A window without a result must have a reason on record; otherwise merge refuses.
 */
export async function handler(event: unknown): Promise<MergeOutput> {
  const input = mergeInputSchema.parse(event);
  const { job, workPrefix, executionName } = input;
  const bucket = environmentValue("RESULTS_BUCKET");
  const record = await readJob(job.jobId);
  if (record.executionName === executionName && (record.status === "done" || record.status === "partial")) {
    // Repeated after its end, when only the cleaning may be left.
    await deletePrefix(bucket, workPrefix);
    return { status: record.status };
  }

  const failures = await failedWindows(bucket, input.mapManifestKey);
  const [firstFailure] = failures.values();
  if (firstFailure && failures.size === input.split.windows) {
    return { status: "failed", failure: { step: "infer", error: firstFailure.error, cause: firstFailure.cause } };
  }
  const transcript = await assembleTranscript({
    jobId: job.jobId,
    source: { durationMs: input.split.durationMs, startMs: input.probe.startMs },
    model: transcriptSchema.shape.model.parse(JSON.parse(environmentValue("MODEL_CARD"))),
    activity: await readActivity(bucket, input.split.activityKey),
    windows: windowResults(bucket, input, failures),
    warnings: input.split.warnings,
  });
  await writeTranscript(bucket, job.jobId, transcript);
  const status = transcript.ledger.totalsMs.failed > 0 || failures.size > 0 ? "partial" : "done";
  await report(
    { jobId: job.jobId, executionName },
    {
      status,
      language: { code: transcript.language.code, probability: transcript.language.probability },
      ledgerMs: transcript.ledger.totalsMs,
      warnings: transcript.warnings.slice(0, 50),
    },
  );
  const deleted = await deletePrefix(bucket, workPrefix);
  log.info("merged", { jobId: job.jobId, status, segments: transcript.segments.length, workObjectsDeleted: deleted });
  return { status };
}

async function failedWindows(bucket: string, manifestKey: string | null): Promise<Map<number, FailedItem>> {
  const failures = new Map<number, FailedItem>();
  if (manifestKey === null) return failures;
  for await (const item of readFailedItems(bucket, manifestKey)) {
    failures.set(inferInputSchema.parse(item.input).window.index, item);
  }
  return failures;
}

/** The outcome of every planned window, in the plan's order. */
async function* windowResults(
  bucket: string,
  { workPrefix, split }: Input,
  failures: ReadonlyMap<number, FailedItem>,
): AsyncGenerator<WindowResult> {
  for await (const line of readJsonLines(bucket, split.planKey)) {
    const { index, startMs, endMs, speech } = plannedWindowSchema.parse(line);
    const window = { index, startMs, endMs, speech };
    const failure = failures.get(index);
    if (failure) {
      const { code, message } = describeFailure({ step: "infer", ...failure });
      yield { ...window, outcome: "failed", reason: `${code}: ${message}` };
      continue;
    }
    const found = await getJson(bucket, keys.result(workPrefix, index)).catch((error) => {
      if (error instanceof SyntaxError) return { value: undefined };
      throw error;
    });
    if (!found) {
      throw new MediaError(
        "transcript.incomplete",
        `Window ${index} (${startMs}–${endMs} ms) has neither a result nor a reason for not having one. Send the file again.`,
      );
    }
    const transcript = windowTranscriptSchema.safeParse(found.value);
    yield transcript.success
      ? { ...window, outcome: "ok", transcript: transcript.data }
      : { ...window, outcome: "failed", reason: "workflow.step_failed: the stored result of the window is damaged" };
  }
}

/** Spans are bounded by the duration limit: some ten thousand for a day of speech. */
async function readActivity(bucket: string, key: string): Promise<ActivitySpan[]> {
  const spans: ActivitySpan[] = [];
  for await (const line of readJsonLines(bucket, key)) spans.push(activitySpanSchema.parse(line));
  return spans;
}

async function writeTranscript(bucket: string, jobId: JobId, transcript: Transcript): Promise<void> {
  const forms: Record<TranscriptFormat, { body: Iterable<string>; type: string }> = {
    srt: { body: renderSrt(transcript.segments), type: "application/x-subrip" },
    vtt: { body: renderVtt(transcript.segments), type: "text/vtt" },
    txt: { body: renderTxt(transcript.segments), type: "text/plain; charset=utf-8" },
    tsv: { body: renderTsv(transcript.segments), type: "text/tab-separated-values; charset=utf-8" },
    json: { body: renderJson(transcript), type: "application/json" },
  };
  for (const [format, { body, type }] of Object.entries(forms)) {
    await putStream(
      bucket,
      keys.transcript(jobId, format as TranscriptFormat),
      Readable.from(body, { objectMode: false }),
      type,
    );
  }
}
