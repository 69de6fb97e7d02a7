import { Readable } from "node:stream";
import { environmentValue, type JobRef, log, MediaError } from "../../layers/core/index.ts";
import {
  deletePrefix,
  getJson,
  isResult,
  keys,
  putObject,
  putStream,
  readJob,
  type TranscriptFormat,
} from "../../layers/storage/index.ts";
import {
  assembleTranscript,
  type PrintChoice,
  printedSegments,
  renderJson,
  renderSrt,
  renderTsv,
  renderTxt,
  renderVtt,
  spokenLanguages,
  type Transcript,
  transcriptSchema,
} from "../../layers/transcript/index.ts";
import { isOwn, type MergeOutput, mergeInputSchema } from "../../layers/workflow/index.ts";
import { readActivity } from "./activity.ts";
import { addVoice } from "./merge-voice.ts";
import { report } from "./progress.ts";
import { clipsOf, openResults } from "./results.ts";
import { stopwatch } from "./timings.ts";
import { VoiceResults } from "./voice-results.ts";

/**
 * Joins what was recognised in order, accounts for every second in the ledger, writes the transcript in every format,
 * and removes the work objects. A window without a result must have a reason on record; otherwise merge refuses.
 */
export async function handler(event: unknown): Promise<MergeOutput> {
  const tookMs = stopwatch();
  const input = mergeInputSchema.parse(event);
  const { job, workPrefix, executionName, probe, split } = input;
  const bucket = environmentValue("RESULTS_BUCKET");
  const record = await readJob(job);
  if (record.executionName === executionName && (record.status === "done" || record.status === "partial")) {
    // Repeated after its end, when only the cleaning may be left.
    await removeWork(bucket, workPrefix, record.status);
    return { status: record.status };
  }

  if (record.status === "canceled") throw new MediaError("job.canceled", `Job ${job.jobId} was canceled.`);
  if (!isOwn(record, executionName)) {
    throw new MediaError("storage.object_changed", `Job ${job.jobId} was sent other bytes, or again, meanwhile.`);
  }
  const voices = split.work.tasks.includes("voice") ? new VoiceResults() : undefined;
  const results = await openResults(bucket, input, voices);
  if (results.nothing) return { status: "failed", failure: results.nothing };
  const activity = await readActivity(bucket, split.activityKey);
  const transcript = await assembleTranscript({
    ...results.source,
    jobId: job.jobId,
    source: { durationMs: split.durationMs, startMs: probe.startMs },
    model: split.work.recognition === "none" ? null : modelCard(),
    tasks: split.work.tasks,
    detectedLanguage: split.work.language,
    activity,
    keepDoubtful: job.options.keepDoubtful,
    clips: clipsOf(job.options.clipTimestamps, split.durationMs),
    warnings: [...split.warnings, ...results.warnings],
  });
  // The decoder had to take a language; saying which would be a finding that nobody wanted made.
  if (!split.work.language && split.work.mode !== "given")
    for (const segment of transcript.segments) segment.language = "und";
  const unheard = voices && (await addVoice(bucket, input, { voices, transcript, activity }));
  if (unheard?.nothing) return { status: "failed", failure: unheard.nothing };
  await keepPeaks(bucket, workPrefix, job);
  await writeTranscript(bucket, job, { transcript, keepDoubtful: job.options.keepDoubtful });
  const incomplete = results.incomplete || unheard?.incomplete;
  const status = transcript.ledger.totalsMs.failed > 0 || incomplete ? "partial" : "done";
  const reported = report(
    { ...job, executionName },
    {
      status,
      language: transcript.language
        ? { code: transcript.language.code, probability: transcript.language.probability }
        : undefined,
      languages: transcript.language ? spokenLanguages(transcript) : undefined,
      ledgerMs: transcript.ledger.totalsMs,
      leftOut: transcript.leftOut,
      warnings: transcript.warnings.slice(0, 50),
      timingsMs: {
        ...{ probe: probe.tookMs, split: split.tookMs },
        recognition: results.recognitionMs(),
        merge: tookMs(),
      },
    },
  );
  await reported.catch(async (error: unknown) => {
    // Deleted meanwhile: nobody would ever find what was just written.
    if (error instanceof MediaError && error.code === "job.not_found") {
      await deletePrefix(bucket, keys.transcriptsOf(job));
      await deletePrefix(bucket, workPrefix);
    }
    throw error;
  });
  const deleted = await removeWork(bucket, workPrefix, status);
  log.info("merged", { jobId: job.jobId, status, segments: transcript.segments.length, workObjectsDeleted: deleted });
  return { status };
}

/** The results of a partial job are kept: a retry goes on from them. */
const removeWork = (bucket: string, workPrefix: string, status: "done" | "partial") =>
  deletePrefix(bucket, workPrefix, status === "partial" ? isResult : undefined);

const modelCard = () => transcriptSchema.shape.model.parse(JSON.parse(environmentValue("MODEL_CARD")));

/** A transcript that came without audio has none. */
async function keepPeaks(bucket: string, workPrefix: string, ref: JobRef): Promise<void> {
  const measured = await getJson(bucket, keys.measuredPeaks(workPrefix));
  if (measured) await putObject(bucket, keys.peaks(ref), JSON.stringify(measured.value), "application/json");
}

async function writeTranscript(
  bucket: string,
  ref: JobRef,
  { transcript, keepDoubtful }: { transcript: Transcript } & PrintChoice,
): Promise<void> {
  const printed = printedSegments(transcript.segments, { keepDoubtful });
  const forms: Record<TranscriptFormat, { body: Iterable<string>; type: string }> = {
    srt: { body: renderSrt(printed), type: "application/x-subrip" },
    vtt: { body: renderVtt(printed), type: "text/vtt" },
    txt: { body: renderTxt(printed), type: "text/plain; charset=utf-8" },
    tsv: { body: renderTsv(printed), type: "text/tab-separated-values; charset=utf-8" },
    json: { body: renderJson(transcript), type: "application/json" },
  };
  for (const [format, { body, type }] of Object.entries(forms)) {
    await putStream(
      bucket,
      keys.transcript(ref, format as TranscriptFormat),
      Readable.from(body, { objectMode: false }),
      type,
    );
  }
}
