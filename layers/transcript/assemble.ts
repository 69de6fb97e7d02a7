import { combineLanguages } from "./language.ts";
import { buildLedger } from "./ledger.ts";
import { mergeWindows } from "./merge.ts";
import type { ActivitySpan, Segment, Transcript, WindowResult } from "./types.ts";

export type AssembleInput = {
  jobId?: string | undefined;
  source: Transcript["source"];
  model: Transcript["model"];
  /** Voice activity over the whole file. */
  activity: readonly ActivitySpan[];
  /** Every window of the plan, in order. */
  windows: AsyncIterable<WindowResult> | Iterable<WindowResult>;
  /** Notes from the steps before. */
  warnings?: readonly string[];
};

/**
 * Makes the transcript of a file from the results of its windows.
 * @throws MediaError `transcript.incomplete` when a window is missing without a reason.
 */
export async function assembleTranscript({ jobId, source, model, activity, windows, warnings = [] }: AssembleInput) {
  const { durationMs } = source;
  const merged = await mergeWindows(windows, { durationMs });
  markOutsideVoice(merged.segments, activity);
  const transcript: Transcript = {
    format: 1,
    ...(jobId === undefined ? {} : { jobId }),
    source,
    mode: "parallel",
    language: combineLanguages(merged.languages),
    model,
    segments: merged.segments,
    ledger: buildLedger({ durationMs, activity, windows: merged.windows }),
    warnings: [...warnings, ...merged.warnings],
  };
  return transcript;
}

/** Text where voice activity heard no voice at all is suspect: the model may have made it up. */
function markOutsideVoice(segments: readonly Segment[], activity: readonly ActivitySpan[]): void {
  const voice = activity.filter(({ kind }) => kind === "speech").sort((a, b) => a.startMs - b.startMs);
  let next = 0;
  for (const segment of segments) {
    while (next < voice.length && voice[next]!.endMs <= segment.startMs) next++;
    const overlaps = next < voice.length && voice[next]!.startMs < segment.endMs;
    if (!overlaps) segment.flags = [...segment.flags, "outside_voice"];
  }
}
