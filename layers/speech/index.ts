export { type Features, windowFeatures } from "./features.ts";
export type { LanguageProbabilities, WindowLanguage } from "./language.ts";
export { languageThreshold } from "./language.ts";
export { thresholds } from "./silence.ts";
export { loadTokenizer, type Tokenizer } from "./tokenizer.ts";
export {
  type SegmentFlag,
  transcribeWindow,
  type WindowAttempt,
  type WindowOptions,
  type WindowSegment,
  type WindowTranscript,
} from "./transcribe-window.ts";
