import type { ActivitySpan } from "../audio/index.ts";
import type { VoiceCard } from "./card.ts";
import type { JudgeOptions } from "./judge.ts";
import { packSpeech } from "./packing.ts";
import { buildVoiceReport, type JudgedBy, type VoiceReport } from "./report.ts";
import { scoreVoiceWindows, type VoiceScorer } from "./score-windows.ts";
import type { TranscriptSegment } from "./segments.ts";
import type { VoiceBudget } from "./sequential.ts";
import type { ReadPcm } from "./window-audio.ts";

export type JudgeVoiceInput = {
  /** Voice activity of the whole recording. */
  activity: readonly ActivitySpan[];
  read: ReadPcm;
  scorer: VoiceScorer;
  card: VoiceCard;
  model: JudgedBy;
  /** Speech between the beginnings of two windows; default: a window, so that none overlap. */
  hopMs?: number;
  budget?: VoiceBudget;
  segments?: readonly TranscriptSegment[];
} & JudgeOptions;

/**
 * From voice activity to the report, in one process: packs, scores, reports. Where windows are scored in several places, use `packSpeech`,
 * `scoreVoiceWindows`, `joinScores` and `buildVoiceReport` themselves.
 * @throws MediaError `model.invalid` when a score is not a probability; whatever `read` and `scorer` throw
 */
export async function judgeVoice(input: JudgeVoiceInput): Promise<VoiceReport> {
  const { activity, read, scorer, card, budget, hopMs } = input;
  const { windowMs, minSpeechMs } = card;
  const { windows } = packSpeech(activity, { windowMs, minSpeechMs, ...(hopMs !== undefined && { hopMs }) });
  const scored = await scoreVoiceWindows({ windows, read, scorer, card, ...(budget && { budget }) });
  return buildVoiceReport({ ...input, ...scored });
}
