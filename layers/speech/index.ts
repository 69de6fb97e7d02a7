export { type ExactInput, type ExactSlice, type ExactWindow, type FileSegment, transcribeExact } from "./exact.ts";
export type { PcmSource } from "./exact-audio.ts";
export {
  type ExactCheckpoint,
  type ExactOptions,
  exactCheckpointSchema,
  exactStart,
} from "./exact-checkpoint.ts";
export { type Features, windowFeatures } from "./features.ts";
export { type Hallucination, HallucinationJudge, type HallucinationSign, speechShare } from "./hallucination.ts";
export type { LanguageProbabilities, WindowLanguage } from "./language.ts";
export { languageThreshold } from "./language.ts";
export {
  chooseLanguageWindows,
  type DetectOptions,
  detectLanguage,
  detectWindowLanguage,
  type HeardWindow,
  majorityLanguage,
} from "./language-windows.ts";
export { type SpeechOptions, type SpeechSpan, searchDefaults } from "./options.ts";
export { defaultThresholds as thresholds, type Thresholds } from "./silence.ts";
export { loadTokenizer, type Tokenizer } from "./tokenizer.ts";
export { transcribeWindow, type WindowOptions, type WindowTranscript } from "./transcribe-window.ts";
export type { DroppedSegment, SegmentFlag, WindowAttempt, WindowSegment } from "./window-segment.ts";
export type { SegmentWord } from "./word-times.ts";
