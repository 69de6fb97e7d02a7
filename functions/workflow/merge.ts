import { Readable } from "node:stream";
import { environmentValue, type JobId, log, MediaError } from "../../layers/core/index.ts";
import { deletePrefix, keys, putStream, readJob, type TranscriptFormat } from "../../layers/storage/index.ts";
import {
  assembleTranscript,
  renderJson,
  renderSrt,
  renderTsv,
  renderTxt,
  renderVtt,
  type Transcript,
  transcriptSchema,
} from "../../layers/transcript/index.ts";
import { type MergeOutput, mergeInputSchema } from "../../layers/workflow/index.ts";
import { readActivity } from "./activity.ts";
import { report } from "./progress.ts";
import { clipsOf, openResults } from "./results.ts";
import { stopwatch } from "./timings.ts";

/**
 * Joins what was recognised in order, accounts for every second in the ledger, writes the transcript in every format,
 * and removes the work objects. A window without a result must have a reason on record; otherwise merge refuses.
 */
export async function handler(event: unknown): Promise<MergeOutput> {
  const tookMs = stopwatch();
  const input = mergeInputSchema.parse(event);
  const { job, workPrefix, executionName, probe, split } = input;
  const bucket = environmentValue("RESULTS_BUCKET");
  const record = await readJob(job.jobId);
  if (record.executionName === executionName && (record.status === "done" || record.status === "partial")) {
    // Repeated after its end, when only the cleaning may be left.
    await deletePrefix(bucket, workPrefix);
    return { status: record.status };
  }

  if (record.executionName !== undefined && record.executionName !== executionName) {
    throw new MediaError("storage.object_changed", `Job ${job.jobId} was sent other bytes meanwhile.`);
  }
  const results = await openResults(bucket, input);
  if (results.nothing) return { status: "failed", failure: results.nothing };
  const transcript = await assembleTranscript({
    ...results.source,
    jobId: job.jobId,
    source: { durationMs: split.durationMs, startMs: probe.startMs },
    model: split.work.recognition === "none" ? null : modelCard(),
    tasks: split.work.tasks,
    detectedLanguage: split.work.language,
    activity: await readActivity(bucket, split.activityKey),
    clips: clipsOf(job.options.clipTimestamps, split.durationMs),
    warnings: [...split.warnings, ...results.warnings],
  });
  // The decoder had to take a language; saying which would be a finding that nobody wanted made.
  if (!split.work.language) for (const segment of transcript.segments) segment.language = "und";
  await writeTranscript(bucket, job.jobId, transcript);
  const status = transcript.ledger.totalsMs.failed > 0 || results.incomplete ? "partial" : "done";
  await report(
    { jobId: job.jobId, executionName },
    {
      status,
      language: transcript.language
        ? { code: transcript.language.code, probability: transcript.language.probability }
        : undefined,
      ledgerMs: transcript.ledger.totalsMs,
      warnings: transcript.warnings.slice(0, 50),
      timingsMs: {
        ...{ probe: probe.tookMs, split: split.tookMs },
        recognition: results.recognitionMs(),
        merge: tookMs(),
      },
    },
  );
  const deleted = await deletePrefix(bucket, workPrefix);
  log.info("merged", { jobId: job.jobId, status, segments: transcript.segments.length, workObjectsDeleted: deleted });
  return { status };
}

const modelCard = () => transcriptSchema.shape.model.parse(JSON.parse(environmentValue("MODEL_CARD")));

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
