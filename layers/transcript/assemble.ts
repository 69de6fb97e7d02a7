import type { Merged } from "./collect.ts";
import { completeEvidence } from "./evidence.ts";
import type { GivenTranscript } from "./given.ts";
import { combineLanguages } from "./language.ts";
import { buildLedger } from "./ledger.ts";
import { mergeWindows } from "./merge.ts";
import { mergeExact } from "./merge-exact.ts";
import { mergeGiven } from "./merge-given.ts";
import { smoothLanguages } from "./neighbours.ts";
import { printedSegments } from "./printed.ts";
import type { ActivitySpan, ExactSlice, Span, Transcript, WindowResult } from "./types.ts";
import { unrecognisedWarnings } from "./unrecognised.ts";

/** Where the text comes from, one of three. */
export type AssembleSource =
  /** Every window of the plan, in order. `mode` names the provider where another service recognised them. */
  | { windows: AsyncIterable<WindowResult> | Iterable<WindowResult>; mode?: string }
  /** Every slice of `exact` mode, in order. */
  | { slices: AsyncIterable<ExactSlice> | Iterable<ExactSlice> }
  /** Somebody's own transcript. */
  | { given: GivenTranscript };

export type AssembleInput = AssembleSource & {
  jobId?: string | undefined;
  source: Transcript["source"];
  /** Null where no model was at work. */
  model: Transcript["model"];
  /** Default: transcribe; none for a given transcript. Without transcribe and translate no text is expected. */
  tasks?: Transcript["tasks"];
  /** False where languages were not to be detected: then nothing is said about them. */
  detectedLanguage?: boolean;
  /** Voice activity over the whole file. */
  activity: readonly ActivitySpan[];
  /** The only stretches that were asked for, where not everything was (`clipTimestamps`). */
  clips?: readonly Span[] | undefined;
  /** Nothing is left out of what people read. */
  keepDoubtful?: boolean | undefined;
  /** Notes from the steps before. */
  warnings?: readonly string[];
};

/**
 * Makes the transcript of a file from the results of its windows, from the slices of `exact` mode, or from a transcript
 * that was given.
 * @throws MediaError `transcript.incomplete` when a window is missing without a reason.
 */
export async function assembleTranscript(input: AssembleInput): Promise<Transcript> {
  const { jobId, source, model, activity, clips, keepDoubtful, warnings = [] } = input;
  const { durationMs } = source;
  const given = "given" in input;
  const tasks = input.tasks ?? (given ? [] : ["transcribe"]);
  const merged = await merge(input);
  completeEvidence(merged.segments, activity);
  if (!given) smoothLanguages(merged.segments);
  const textExpected = given || tasks.some((task) => task === "transcribe" || task === "translate");
  const ledger = buildLedger({ durationMs, activity, clips, windows: merged.windows, textExpected });
  return {
    format: 1,
    ...(jobId === undefined ? {} : { jobId }),
    source,
    mode: given ? "given" : "slices" in input ? "exact" : (input.mode ?? "parallel"),
    tasks,
    language: given || input.detectedLanguage === false ? null : combineLanguages(merged.languages, merged.segments),
    model,
    voice: null,
    segments: merged.segments,
    leftOut: merged.segments.length - printedSegments(merged.segments, { keepDoubtful }).length,
    ledger,
    warnings: [...warnings, ...merged.warnings, ...unrecognisedWarnings(ledger.intervals)],
  };
}

async function merge(input: AssembleInput): Promise<Merged> {
  const { durationMs } = input.source;
  if ("given" in input) return mergeGiven(input.given, { durationMs, activity: input.activity });
  if ("slices" in input) return mergeExact(input.slices, { durationMs, activity: input.activity });
  return mergeWindows(input.windows, { durationMs });
}
