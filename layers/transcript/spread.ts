import type { ActivitySpan, Cue, Span } from "./types.ts";
import { displayWidth } from "./width.ts";

/**
 * Gives lines without times a place: one after the other over the time in which voice activity heard speech (over all of
 * the audio where it heard none), each as long as its share of the text. A guess, and to be marked as one.
 */
export function spreadOverSpeech(
  lines: readonly string[],
  activity: readonly ActivitySpan[],
  durationMs: number,
): Cue[] {
  const speech = speechSpans(activity, durationMs);
  const speechMs = speech.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const widths = lines.map((line) => Math.max(displayWidth(line), 1));
  const total = widths.reduce((sum, width) => sum + width, 0);
  let columns = 0;
  let atMs = 0;
  return lines.map((text, i) => {
    const fromMs = atMs;
    columns += widths[i] ?? 0;
    atMs = Math.round((speechMs * columns) / total);
    const startMs = placeOf(fromMs, speech, "after");
    // A line that gets no time at a seam begins after the pause, and must not end before it.
    return { startMs, endMs: Math.max(startMs, placeOf(atMs, speech, "before")), text };
  });
}

function speechSpans(activity: readonly ActivitySpan[], durationMs: number): Span[] {
  const spans: Span[] = [];
  let previousEndMs = 0;
  for (const span of activity.filter(({ kind }) => kind === "speech").sort((a, b) => a.startMs - b.startMs)) {
    const startMs = Math.max(span.startMs, previousEndMs);
    const endMs = Math.min(span.endMs, durationMs);
    if (endMs <= startMs) continue;
    spans.push({ startMs, endMs });
    previousEndMs = endMs;
  }
  return spans.length > 0 ? spans : [{ startMs: 0, endMs: durationMs }];
}

/** Where in the file a moment of the speech is; at the seam of two stretches, after the pause or before it. */
function placeOf(speechMs: number, spans: readonly Span[], seam: "after" | "before"): number {
  let restMs = speechMs;
  for (const { startMs, endMs } of spans) {
    const lengthMs = endMs - startMs;
    if (restMs < lengthMs || (restMs === lengthMs && seam === "before")) return startMs + restMs;
    restMs -= lengthMs;
  }
  return spans.at(-1)?.endMs ?? 0;
}
