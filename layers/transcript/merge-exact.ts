import { heardLanguage, type Merged, SegmentCollector } from "./collect.ts";
import type { ExactSlice, Segment } from "./types.ts";

type Slices = AsyncIterable<ExactSlice> | Iterable<ExactSlice>;
type ExactWindow = ExactSlice["windows"][number];

/**
 * Joins the slices of `exact` mode, one at a time; their times are on the file's clock already.
 *
 * @param slices in the order in which they were made
 */
export async function mergeExact(slices: Slices, { durationMs }: { durationMs: number }): Promise<Merged> {
  const collector = new SegmentCollector();
  const { segments, warnings } = collector;
  const merged: Merged = { segments, warnings, windows: [], languages: [] };
  const file = { startMs: 0, endMs: durationMs };

  for await (const slice of slices) {
    const kept: Segment[] = [];
    const spokenMs = new Map<ExactWindow, number>();
    for (const found of slice.segments) {
      const window = slice.windows.findLast(({ startMs }) => startMs <= found.startMs);
      const language = found.language ?? window?.language.code ?? "und";
      const segment = collector.add(found, file, { offsetMs: 0, language });
      if (!segment) continue;
      kept.push(segment);
      if (window) spokenMs.set(window, (spokenMs.get(window) ?? 0) + segment.endMs - segment.startMs);
    }
    for (const { text, startMs, endMs } of slice.dropped ?? []) collector.leaveOut([{ text }], { startMs, endMs });

    for (const [i, window] of slice.windows.entries()) {
      const startMs = Math.min(window.startMs, durationMs);
      const span = { startMs, endMs: Math.min(window.endMs, durationMs) };
      // The loop seeks to the last timestamp and listens again from there, so a window ends where the next begins.
      for (const before of [merged.windows.at(-1), merged.languages.at(-1)]) {
        if (before) before.endMs = Math.min(before.endMs, startMs);
      }
      // The ledger asks where text is, not in which window.
      merged.windows.push({ ...span, outcome: "ok", segments: i === 0 ? kept : [] });
      const heard = heardLanguage(window.language, window.silent ? 0 : (spokenMs.get(window) ?? 0));
      merged.languages.push({ ...span, ...heard });
    }
  }
  return merged;
}
