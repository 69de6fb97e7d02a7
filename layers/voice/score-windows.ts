import { z } from "zod";
import { MediaError } from "../core/index.ts";
import type { VoiceCard } from "./card.ts";
import { calibratedLlr, type WeightedLlr } from "./likelihood.ts";
import type { VoiceWindow } from "./packing.ts";
import { type StopReason, shouldStop, spreadOrder, type VoiceBudget } from "./sequential.ts";
import { type ReadPcm, windowAudio } from "./window-audio.ts";

/** Anything that listens to one window and says how likely it is synthetic. */
export interface VoiceScorer {
  /** @param pcm 16 kHz mono, one window or less; what is less is the scorer's to fill */
  score(pcm: Float32Array): Promise<{ spoofProbability: number }>;
}

const intervalSchema = z
  .object({ startMs: z.int().nonnegative(), endMs: z.int().nonnegative() })
  .refine(({ startMs, endMs }) => startMs < endMs, "an interval ends after it begins");

/** What a detector said about one window; plain JSON, so that it can travel between steps of a workflow. */
export const windowScoreSchema = z.object({
  index: z.int().nonnegative(),
  /** The speech that was heard, on the recording's clock. */
  intervals: z.array(intervalSchema).min(1),
  /** The part that the score stands for. */
  own: z.array(intervalSchema),
  ownMs: z.int().nonnegative(),
  /** As the model gave it. */
  spoofProbability: z.number().min(0).max(1),
  /** After calibration: ln of P(window | spoof) / P(window | bona fide). */
  llr: z.number(),
});

export type VoiceWindowScore = z.infer<typeof windowScoreSchema>;

export type ScoredWindows = { scores: VoiceWindowScore[]; stopped?: StopReason };

export type ScoreWindowsInput = {
  windows: readonly VoiceWindow[];
  read: ReadPcm;
  scorer: VoiceScorer;
  card: VoiceCard;
  /** Without one every window is judged, in order. */
  budget?: VoiceBudget;
};

/**
 * Judges the windows one after the other, holding the audio of one. With a budget, in an order that is spread over the recording, until the
 * answer is settled or the budget is spent.
 * @returns scores in order of their windows
 * @throws MediaError `model.invalid` when a score is not a probability; whatever `read` and `scorer` throw
 */
export async function scoreVoiceWindows({
  windows,
  read,
  scorer,
  card,
  budget,
}: ScoreWindowsInput): Promise<ScoredWindows> {
  const order = budget ? spreadOrder(windows.length) : windows.keys();
  const scores: VoiceWindowScore[] = [];
  const evidence: WeightedLlr[] = [];
  let stopped: StopReason | undefined;
  for (const i of order) {
    const window = windows[i]!;
    const { spoofProbability } = await scorer.score(await windowAudio(window.intervals, read));
    const score = scoreOf(window, spoofProbability, card);
    scores.push(score);
    evidence.push(asEvidence(score));
    if (budget && scores.length < windows.length) {
      stopped = shouldStop(evidence, budget, card.windowCorrelation);
      if (stopped) break;
    }
  }
  scores.sort((a, b) => a.index - b.index);
  return stopped ? { scores, stopped } : { scores };
}

/** A score counts as much as the speech that it stands for. */
export function asEvidence({ llr, ownMs }: VoiceWindowScore): WeightedLlr {
  return { llr, weight: ownMs };
}

function scoreOf(window: VoiceWindow, spoofProbability: number, card: VoiceCard): VoiceWindowScore {
  if (!(spoofProbability >= 0 && spoofProbability <= 1)) {
    throw new MediaError(
      "model.invalid",
      `The voice model ${card.id} gave ${spoofProbability} where a probability was due. Build it again, or use another one.`,
    );
  }
  const { index, intervals, own, ownMs } = window;
  return { index, intervals, own, ownMs, spoofProbability, llr: calibratedLlr(spoofProbability, card.calibration) };
}
