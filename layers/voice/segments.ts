import { z } from "zod";
import { type Judge, verdicts } from "./judge.ts";
import type { Interval } from "./packing.ts";
import type { VoiceWindowScore } from "./score-windows.ts";

/** What the windows say about one segment of the transcript. */
export const segmentVoiceSchema = z.object({
  /** The segment's id in the transcript. */
  id: z.int().nonnegative(),
  startMs: z.int().nonnegative(),
  endMs: z.int().nonnegative(),
  /** Speech of the segment that was judged. */
  judgedMs: z.int().nonnegative(),
  /** As in the timeline; null where nothing of the segment was judged. */
  score: z.number().min(0).max(1).nullable(),
  verdict: z.enum(verdicts),
});

export type SegmentVoice = z.infer<typeof segmentVoiceSchema>;
export type TranscriptSegment = Interval & { id: number };

/**
 * One verdict per segment, by the windows that own speech in it, each weighed by how much. A window is longer than most segments: two short
 * segments often share one score.
 * @param segments in order of time, as they are in a transcript
 * @param scores in order of their windows
 */
export function judgeSegments(
  segments: readonly TranscriptSegment[],
  scores: readonly VoiceWindowScore[],
  judge: Judge,
): SegmentVoice[] {
  let first = 0;
  return segments.map(({ id, startMs, endMs }) => {
    while (first < scores.length && lastEndMs(scores[first]!) <= startMs) first++;
    const heard: VoiceWindowScore[] = [];
    for (let i = first; i < scores.length; i++) {
      const score = scores[i]!;
      const begins = score.own[0]?.startMs;
      if (begins !== undefined && begins >= endMs) break;
      const ownMs = overlapMs(score.own, { startMs, endMs });
      if (ownMs > 0) heard.push({ ...score, ownMs });
    }
    const judgedMs = heard.reduce((sum, { ownMs }) => sum + ownMs, 0);
    if (judgedMs === 0) return { id, startMs, endMs, judgedMs, score: null, verdict: "uncertain" };
    const { score, verdict } = judge.judge(heard);
    return { id, startMs, endMs, judgedMs, score, verdict };
  });
}

function lastEndMs({ own }: VoiceWindowScore): number {
  return own.at(-1)?.endMs ?? 0;
}

function overlapMs(intervals: readonly Interval[], { startMs, endMs }: Interval): number {
  let sum = 0;
  for (const piece of intervals) sum += Math.max(0, Math.min(piece.endMs, endMs) - Math.max(piece.startMs, startMs));
  return sum;
}
