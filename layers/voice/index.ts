export {
  type Benchmark,
  benchmarkSentence,
  type Calibration,
  type OperatingPointName,
  operatingPointNames,
  parseVoiceCard,
  type VoiceCard,
  voiceCardSchema,
} from "./card.ts";
export { demoVoiceModelId, voiceCard, voiceCards } from "./cards.ts";
export type { JudgeOptions, Verdict } from "./judge.ts";
export { type JudgeVoiceInput, judgeVoice } from "./judge-recording.ts";
export { calibratedLlr, evidenceBounds, logOdds, probabilityOf } from "./likelihood.ts";
export { type Interval, type PackedSpeech, type PackingOptions, packSpeech, type VoiceWindow } from "./packing.ts";
export {
  buildVoiceReport,
  type JudgedBy,
  joinScores,
  type VoiceIdentity,
  type VoiceReport,
  type VoiceReportInput,
  voiceIdentitySchema,
  voiceReportSchema,
} from "./report.ts";
export {
  asEvidence,
  type ScoredWindows,
  type ScoreWindowsInput,
  scoreVoiceWindows,
  type VoiceScorer,
  type VoiceWindowScore,
  windowScoreSchema,
} from "./score-windows.ts";
export type { SegmentVoice, TranscriptSegment } from "./segments.ts";
export { type StopReason, settledAfter, spreadOrder, type VoiceBudget } from "./sequential.ts";
export type { TimelineSpan } from "./timeline.ts";
export type { Doubt } from "./verdict.ts";
export type { ReadPcm } from "./window-audio.ts";
