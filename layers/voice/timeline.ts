import { z } from "zod";
import type { Judge } from "./judge.ts";
import { verdicts } from "./judge.ts";
import type { VoiceWindowScore } from "./score-windows.ts";
import { smoothedProbabilities } from "./smoothing.ts";

/** A stretch of judged speech that sounds alike throughout. Pauses inside it belong to it, long ones do not. */
export const timelineSpanSchema = z.object({
  startMs: z.int().nonnegative(),
  endMs: z.int().nonnegative(),
  /** Judged speech in it. */
  judgedMs: z.int().positive(),
  /** Which side the scores are on, however little that is worth. */
  leaning: z.enum(["bona_fide", "spoof"]),
  /** Probability of spoof for equal priors, as far as the detector's error rates support it. */
  score: z.number().min(0).max(1),
  verdict: z.enum(verdicts),
});

export type TimelineSpan = z.infer<typeof timelineSpanSchema>;
export type Leaning = TimelineSpan["leaning"];

/** A longer pause than this ends a span: nobody knows who speaks after it. */
const maxPauseMs = 30_000;

/**
 * Where in the recording the voice leans which way. Boundaries lie between two windows' own speech, so they are within one window of the
 * truth where the scores are right.
 * @param scores in order of their windows
 */
export function buildTimeline(scores: readonly VoiceWindowScore[], judge: Judge): TimelineSpan[] {
  const owners = scores.filter(({ ownMs }) => ownMs > 0);
  const probabilities = smoothedProbabilities(owners.map((score) => ({ llr: score.llr, atMs: middleMs(score) })));
  const runs: Run[] = [];
  for (const [i, score] of owners.entries()) {
    const leaning = probabilities[i]! > 0.5 ? "spoof" : "bona_fide";
    for (const { startMs, endMs } of score.own) {
      const run = runs.at(-1);
      if (run && run.leaning === leaning && startMs - run.endMs <= maxPauseMs) {
        run.endMs = endMs;
        run.judgedMs += endMs - startMs;
        if (run.scores.at(-1) !== score) run.scores.push(score);
      } else {
        runs.push({ startMs, endMs, judgedMs: endMs - startMs, leaning, scores: [score] });
      }
    }
  }
  return runs.map(({ scores: heard, ...span }) => {
    const { score, verdict } = judge.judge(heard);
    // Smoothing overrules single windows; a verdict against it would contradict the span it stands in.
    return { ...span, score, verdict: verdict === span.leaning ? verdict : "uncertain" };
  });
}

type Run = Omit<TimelineSpan, "score" | "verdict"> & { scores: VoiceWindowScore[] };

function middleMs({ own }: VoiceWindowScore): number {
  return (own[0]!.startMs + own.at(-1)!.endMs) / 2;
}
