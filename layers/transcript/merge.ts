import { MediaError } from "../core/index.ts";
import { heardLanguage, type Merged, SegmentCollector } from "./collect.ts";
import type { Segment, WindowResult } from "./types.ts";

type Results = AsyncIterable<WindowResult> | Iterable<WindowResult>;
type Recognised = Extract<WindowResult, { outcome: "ok" }>;

/**
 * Joins window results into one file. Takes them one at a time and keeps the segments only.
 *
 * @param results in the order of the plan; times inside a window are from its start
 * @throws MediaError `transcript.incomplete` when windows are missing, come twice, or overlap. A window without
 * a transcript must say so itself, as `failed` with a reason.
 */
export async function mergeWindows(results: Results, bounds: { durationMs: number }): Promise<Merged> {
  const joining = joinWindows(results, bounds);
  for (;;) {
    const { done, value } = await joining.next();
    if (done) return value;
  }
}

/** As `mergeWindows`, one step per window: yields the segments that it adds to the file. */
export async function* joinWindows(
  results: Results,
  { durationMs }: { durationMs: number },
): AsyncGenerator<readonly Segment[], Merged> {
  const collector = new SegmentCollector();
  const { segments, notes } = collector;
  const merged: Merged = { segments, warnings: [], windows: [], languages: [] };
  let previousEndMs = 0;

  for await (const result of results) {
    const { index, startMs, endMs } = result;
    if (index !== merged.windows.length || startMs < previousEndMs || endMs < startMs) {
      throw new MediaError(
        "transcript.incomplete",
        `Window ${index} (${startMs}–${endMs} ms) does not follow the ${merged.windows.length} windows before it, which end at ` +
          `${previousEndMs} ms. Merge needs the result of every window, in order.`,
        { context: { index, startMs, endMs } },
      );
    }
    previousEndMs = endMs;
    const window = { startMs: Math.min(startMs, durationMs), endMs: Math.min(endMs, durationMs) };
    if (result.outcome === "failed") {
      const { reason } = result;
      merged.windows.push({ ...window, outcome: "failed", reason, segments: [] });
      notes.add(`not transcribed (${reason})`, window);
      yield [];
      continue;
    }

    const { language, silent, segments: found, dropped } = result.transcript;
    const spoken = result.speech ?? [[window.startMs, window.endMs] as const];
    const text = {
      found,
      dropped,
      offsetMs: window.startMs,
      languageOf: () => language.code,
      speech: spoken.map(([from, to]) => ({ startMs: from, endMs: to })),
    };
    const kept = collector.addFound(text, window);
    merged.windows.push({ ...window, outcome: "ok", segments: kept });
    // The model's own word that nobody speaks outweighs voice activity: its idea of the language is then a guess.
    merged.languages.push({ ...window, ...heardLanguage(language, silent ? 0 : spokenMs(result)) });
    yield kept;
  }
  return { ...merged, warnings: notes.lines };
}

function spokenMs({ transcript, speech }: Recognised): number {
  const spoken = speech ?? transcript.segments.map(({ startMs, endMs }) => [startMs, endMs] as const);
  return spoken.reduce((sum, [startMs, endMs]) => sum + endMs - startMs, 0);
}
