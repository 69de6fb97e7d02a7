import { frameMs } from "../../../layers/audio/index.ts";

/** How well frames were told apart. */
export type FrameScore = {
  /** 0 to 1: the harmonic mean of precision and recall of speech. */
  f1: number;
  /** Speech that was not found, and what was called speech and is none. */
  missedMs: number;
  falseMs: number;
};

export function scoreFrames(isSpeech: readonly boolean[], found: readonly boolean[]): FrameScore {
  let hits = 0;
  let missed = 0;
  let wrong = 0;
  for (const [frame, speech] of isSpeech.entries()) {
    if (speech && found[frame]) hits++;
    else if (speech) missed++;
    else if (found[frame]) wrong++;
  }
  const f1 = hits === 0 ? 0 : (2 * hits) / (2 * hits + missed + wrong);
  return { f1, missedMs: missed * frameMs, falseMs: wrong * frameMs };
}

/** The mean F1, and all that was missed and wrong. */
export function meanScore(scores: readonly FrameScore[]): FrameScore {
  const sum = (of: (score: FrameScore) => number) => scores.reduce((total, score) => total + of(score), 0);
  return {
    f1: sum(({ f1 }) => f1) / scores.length,
    missedMs: sum(({ missedMs }) => missedMs),
    falseMs: sum(({ falseMs }) => falseMs),
  };
}
