import type { z } from "zod";
import { MediaError } from "../../layers/core/index.ts";
import { deleteObject, getJson, keys, readJsonLines } from "../../layers/storage/index.ts";
import {
  type AssembleSource,
  type ExactSlice,
  type Span,
  type WindowResult,
  windowTranscriptSchema,
} from "../../layers/transcript/index.ts";
import {
  describeFailure,
  type FailedItem,
  inferInputSchema,
  type mergeInputSchema,
  plannedWindowSchema,
  readFailedItems,
} from "../../layers/workflow/index.ts";
import { storedSliceSchema } from "./exact-slice.ts";
import { readGiven } from "./given.ts";
import { timingOf } from "./timings.ts";
import type { VoiceResults } from "./voice-results.ts";

type Input = z.output<typeof mergeInputSchema>;
type Failure = { step: string; error: string; cause: string };

/** What recognition left behind for merge. */
export type Results = {
  source: AssembleSource;
  /** Nothing came of it: why the job fails. */
  nothing?: Failure;
  /** Something is missing, whatever the ledger makes of it. */
  incomplete: boolean;
  warnings: string[];
  /** Time that recognition took, of all results that were read until now. */
  recognitionMs(): number;
};

/**
 * Finds the results of a job, whichever way they came about; they are read one at a time, when the transcript is made.
 * @param voices is told of the voices of the windows whose text is read
 */
export async function openResults(bucket: string, input: Input, voices?: VoiceResults): Promise<Results> {
  const { job, split } = input;
  if (job.options.transcript) return { source: { given: await readGiven(job) }, ...complete };
  if (split.work.recognition === "none") return { source: unrecognised(split), ...complete };
  if (split.work.recognition === "exact") return exactResults(bucket, input);
  const failures = await failedWindows(bucket, input.mapManifestKey);
  const [first] = failures.values();
  const timer = { totalMs: 0 };
  return {
    source: { windows: windowResults(bucket, input, { failures, timer, voices }), mode: split.work.mode },
    ...(first && failures.size === split.windows
      ? { nothing: { step: "infer", error: first.error, cause: first.cause } }
      : {}),
    incomplete: failures.size > 0,
    warnings: [],
    recognitionMs: () => timer.totalMs,
  };
}

const complete = { incomplete: false, warnings: [] as string[], recognitionMs: () => 0 };

/** One window over everything, in which nobody looked for text. */
function unrecognised({ durationMs, work }: Input["split"]): AssembleSource {
  if (durationMs === 0) return { windows: [], mode: work.mode };
  const language = { code: "und", probability: 0, source: "detected" as const, candidates: [] };
  const transcript = { language, silent: true, segments: [] };
  return { windows: [{ index: 0, startMs: 0, endMs: durationMs, outcome: "ok", transcript }], mode: work.mode };
}

export async function failedWindows(bucket: string, manifestKey: string | null): Promise<Map<number, FailedItem>> {
  const failures = new Map<number, FailedItem>();
  if (manifestKey === null) return failures;
  for await (const item of readFailedItems(bucket, manifestKey)) {
    failures.set(inferInputSchema.parse(item.input).window.index, item);
  }
  return failures;
}

type WindowReading = {
  failures: ReadonlyMap<number, FailedItem>;
  timer: { totalMs: number };
  voices: VoiceResults | undefined;
};

/** The outcome of every planned window, in the plan's order. */
async function* windowResults(
  bucket: string,
  { workPrefix, split }: Input,
  { failures, timer, voices }: WindowReading,
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
      if (error instanceof SyntaxError) return { value: undefined, metadata: {} };
      throw error;
    });
    if (!found) {
      throw new MediaError(
        "transcript.incomplete",
        `Window ${index} (${startMs}–${endMs} ms) has neither a result nor a reason for not having one. Send the file again.`,
      );
    }
    // A retry computes what is not there: a damaged result must not stand in its way.
    if (found.value === undefined) await deleteObject(bucket, keys.result(workPrefix, index));
    timer.totalMs += timingOf(found.metadata);
    voices?.add(index, found.value);
    const transcript = windowTranscriptSchema.safeParse(found.value);
    yield transcript.success
      ? { ...window, outcome: "ok", transcript: transcript.data }
      : { ...window, outcome: "failed", reason: "workflow.step_failed: the stored result of the window is damaged" };
  }
}

/** A loop that broke off leaves a beginning; what is after it shows in the ledger. */
function exactResults(bucket: string, input: Input): Results {
  const { slices, sliceFailure: failure, workPrefix, split } = input;
  const timer = { totalMs: 0 };
  const reason = failure && describeFailure(failure);
  return {
    source: { slices: exactSlices(bucket, workPrefix, slices, timer) },
    ...(failure && slices === 0 && split.durationMs > 0 ? { nothing: failure } : {}),
    incomplete: failure !== null,
    warnings: reason ? [`Transcription broke off before the end (${reason.code}: ${reason.message}).`] : [],
    recognitionMs: () => timer.totalMs,
  };
}

async function* exactSlices(
  bucket: string,
  workPrefix: string,
  count: number,
  timer: { totalMs: number },
): AsyncGenerator<ExactSlice> {
  for (let slice = 0; slice < count; slice++) {
    const found = await getJson(bucket, keys.exactSlice(workPrefix, slice));
    if (!found) {
      throw new MediaError("transcript.incomplete", `Slice ${slice} of ${count} has no result. Send the file again.`);
    }
    timer.totalMs += timingOf(found.metadata);
    yield storedSliceSchema.parse(found.value);
  }
}

/** The stretches that were asked for, as `clipTimestamps` says it: seconds, the last end being the file's where it is left out. */
export function clipsOf(seconds: readonly number[] | undefined, durationMs: number): Span[] | undefined {
  if (!seconds) return undefined;
  const points = seconds.map((at) => Math.min(Math.round(at * 1000), durationMs));
  if (points.length % 2 === 1) points.push(durationMs);
  return points.flatMap((startMs, i) => (i % 2 === 0 ? [{ startMs, endMs: points[i + 1] ?? durationMs }] : []));
}
