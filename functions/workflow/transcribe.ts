import type { Context } from "aws-lambda";
import type { z } from "zod";
import { bytesPerSample, msToSamples, pcmFromBytes } from "../../layers/audio/index.ts";
import { environmentValue, log, MediaError } from "../../layers/core/index.ts";
import { type Watermark, watchMemory } from "../../layers/inference/index.ts";
import { exactCheckpointSchema, exactStart, type PcmSource, transcribeExact } from "../../layers/speech/index.ts";
import { getJson, keys, openObject, putObject } from "../../layers/storage/index.ts";
import { type TranscribeOutput, transcribeInputSchema } from "../../layers/workflow/index.ts";
import { readActivity } from "./activity.ts";
import { type StoredSlice, storedSliceSchema } from "./exact-slice.ts";
import { report } from "./progress.ts";
import { recogniser, speechOptions } from "./recogniser.ts";
import { timingMetadata } from "./timings.ts";

type Input = z.output<typeof transcribeInputSchema>;

/** A slice ends here even where there is time left: a host that dies loses no more than this. */
const mostWindows = 8;
/** The slowest window so far says how long the next may take; every temperature of the fallback may be needed. */
const slowestTimes = 3;
const leastMarginMs = 20_000;

/**
 * One slice of `exact` mode: as many windows as the invocation's time allows, from the checkpoint of the slice before. A slice is
 * written once; one that exists is not computed again, so that a workflow that was interrupted goes on where it stopped.
 */
export async function handler(
  event: unknown,
  context: Pick<Context, "getRemainingTimeInMillis">,
): Promise<TranscribeOutput> {
  await using memory = watchMemory();
  const input = transcribeInputSchema.parse(event);
  const { workPrefix, slice } = input;
  const bucket = environmentValue("RESULTS_BUCKET");
  const key = keys.exactSlice(workPrefix, slice);
  const stored = await getJson(bucket, key);
  if (stored) return handOn(input, storedSliceSchema.parse(stored.value));

  const started = performance.now();
  const result = await transcribe(input, bucket, context, memory);
  const first = await putObject(bucket, key, `${JSON.stringify(result)}\n`, "application/json", {
    onlyIfAbsent: true,
    metadata: timingMetadata(performance.now() - started),
  });
  // Another worker on the same slice may have stopped elsewhere: what counts is what is stored.
  log.info("slice transcribed", { key, first, windows: result.windows.length, seekMs: result.checkpoint.seekMs });
  return handOn(input, first ? result : storedSliceSchema.parse((await getJson(bucket, key))?.value));
}

/** Says how far the job is; also where whoever computed the slice died before that. */
async function handOn(
  { job, executionName, slice, split: { durationMs } }: Input,
  { done, checkpoint: { seekMs } }: Pick<StoredSlice, "done" | "checkpoint">,
): Promise<TranscribeOutput> {
  await report({ ...job, executionName }, { exact: { seekMs, durationMs } });
  return { slice: slice + 1, done };
}

async function transcribe(
  { job, workPrefix, split, slice }: Input,
  bucket: string,
  { getRemainingTimeInMillis }: Pick<Context, "getRemainingTimeInMillis">,
  memory: Watermark,
) {
  if (!split.audio)
    throw new MediaError("workflow.step_failed", "The state machine asked for exact mode without audio.");
  const activity = await readActivity(bucket, split.activityKey);
  // The lease must outlive the work, hence `return await`.
  await using lease = await recogniser();
  const { model, tokenizer } = lease;
  const options = {
    ...speechOptions(job.options),
    // The demo model was trained without text from before a window, and most often writes nothing after one.
    conditionOnPreviousText: job.options.conditionOnPreviousText ?? !model.manifest.demo,
    speech: activity.filter(({ kind }) => kind === "speech").map(({ startMs, endMs }) => [startMs, endMs] as const),
  };
  const checkpoint = slice === 0 ? exactStart(options) : await checkpointOf(bucket, workPrefix, slice - 1);
  let windows = 0;
  let slowestMs = 0;
  let windowStarted = performance.now();
  const shouldStop = () => {
    slowestMs = Math.max(slowestMs, performance.now() - windowStarted);
    windowStarted = performance.now();
    const outOfTime = getRemainingTimeInMillis() < Math.max(leastMarginMs, slowestTimes * slowestMs);
    return ++windows >= mostWindows || outOfTime || memory.shouldStop;
  };
  const audio = pcmObject(bucket, split.audio.key, split.durationMs);
  const { melMaximum } = split.audio;
  return await transcribeExact({ model, tokenizer, audio, melMaximum, checkpoint, options, shouldStop });
}

async function checkpointOf(bucket: string, workPrefix: string, slice: number) {
  const stored = await getJson(bucket, keys.exactSlice(workPrefix, slice));
  if (stored) return exactCheckpointSchema.parse(storedSliceSchema.parse(stored.value).checkpoint);
  throw new MediaError(
    "transcript.incomplete",
    `Slice ${slice} has no result, though a later one was asked for. Send the file again.`,
  );
}

/** The decoded audio of a file, read piece by piece. */
function pcmObject(bucket: string, key: string, durationMs: number): PcmSource {
  return {
    durationMs,
    async read(startMs, endMs) {
      if (endMs <= startMs) return new Float32Array(0);
      const start = msToSamples(startMs) * bytesPerSample;
      const endExclusive = msToSamples(endMs) * bytesPerSample;
      const chunks: Buffer[] = [];
      for await (const chunk of await openObject(bucket, key, { start, endExclusive })) chunks.push(chunk);
      return pcmFromBytes(Buffer.concat(chunks));
    },
  };
}
