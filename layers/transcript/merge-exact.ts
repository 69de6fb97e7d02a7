import { heardLanguage, type Merged, SegmentCollector } from "./collect.ts";
import type { ActivitySpan, ExactSlice, Span } from "./types.ts";

type Slices = AsyncIterable<ExactSlice> | Iterable<ExactSlice>;

/**
 * Joins the slices of `exact` mode, one at a time; their times are on the file's clock already.
 *
 * @param slices in the order in which they were made
 */
export async function mergeExact(
  slices: Slices,
  { durationMs, activity = [] }: { durationMs: number; activity?: readonly ActivitySpan[] },
): Promise<Merged> {
  const collector = new SegmentCollector();
  const { segments, notes } = collector;
  const merged: Merged = { segments, warnings: [], windows: [], languages: [] };
  const speech = activity.filter(({ kind }) => kind === "speech");

  for await (const slice of slices) {
    const windowOf = ({ startMs }: Span) =>
      Math.max(
        0,
        slice.windows.findLastIndex((window) => window.startMs <= startMs),
      );
    const found = Map.groupBy(slice.segments, windowOf);
    const dropped = Map.groupBy(slice.dropped ?? [], windowOf);
    for (const [i, window] of slice.windows.entries()) {
      const startMs = Math.min(window.startMs, durationMs);
      const span = { startMs, endMs: Math.min(window.endMs, durationMs) };
      // The loop seeks to the last timestamp and listens again from there, so a window ends where the next begins.
      for (const before of [merged.windows.at(-1), merged.languages.at(-1)]) {
        if (before) before.endMs = Math.min(before.endMs, startMs);
      }
      const own = found.get(i) ?? [];
      // A segment may reach beyond the place where the loop goes on; one without a length says nothing of where it ends.
      const ends = own.map((segment) => (segment.startMs < segment.endMs ? segment.endMs : 0));
      const text = { found: own, dropped: dropped.get(i), offsetMs: 0, languageOf: () => window.language.code, speech };
      const kept = collector.addFound(text, { startMs, endMs: Math.min(durationMs, Math.max(span.endMs, ...ends)) });
      merged.windows.push({ ...span, outcome: "ok", segments: kept });
      const spokenMs = kept.reduce((sum, segment) => sum + segment.endMs - segment.startMs, 0);
      merged.languages.push({ ...span, ...heardLanguage(window.language, window.silent ? 0 : spokenMs) });
    }
  }
  return { ...merged, warnings: notes.lines };
}
