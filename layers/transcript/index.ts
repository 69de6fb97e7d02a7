export { type AssembleInput, type AssembleSource, assembleTranscript } from "./assemble.ts";
export type { Merged } from "./collect.ts";
export { EvidenceOfFile } from "./evidence.ts";
export { type GivenFormat, type GivenTranscript, givenFormats } from "./given.ts";
export { renderJson } from "./json.ts";
export { combineLanguages, type HeardLanguage, spokenLanguages } from "./language.ts";
export { languageName, namesOfLanguages } from "./language-name.ts";
export { CueLayout, type LaidOutCue } from "./layout.ts";
export { buildLedger, type LedgerInput, type LedgerWindow, ledgerReasons } from "./ledger.ts";
export { joinWindows, mergeWindows } from "./merge.ts";
export { mergeExact } from "./merge-exact.ts";
export { mergeGiven } from "./merge-given.ts";
export { transcriptText } from "./parse/encoding.ts";
export { parseTranscript } from "./parse/index.ts";
export { placeOutside } from "./placement.ts";
export { isPrinted, type PrintChoice, printedSegments } from "./printed.ts";
export { readSegments } from "./read-segments.ts";
export { spreadOverSpeech } from "./spread.ts";
export { renderSrt, srtCue } from "./srt.ts";
export { type SubtitleOptions, subtitleOptionsSchema } from "./subtitle-options.ts";
export { formatTimestamp } from "./timestamp.ts";
export { renderTsv } from "./tsv.ts";
export { renderTxt } from "./txt.ts";
export {
  type ActivitySpan,
  type Cue,
  type ExactSlice,
  exactSliceSchema,
  type FileLanguage,
  type FileVoice,
  type Ledger,
  type LedgerInterval,
  type LedgerKind,
  ledgerSchema,
  ledgerTotalsSchema,
  type Segment,
  type Span,
  segmentSchema,
  type Transcript,
  type TranscriptTask,
  transcriptSchema,
  voiceSchema,
  type WindowLanguage,
  type WindowResult,
  type Word,
  windowResultSchema,
  windowTranscriptSchema,
  wordSchema,
} from "./types.ts";
export { unrecognisedStretches, unrecognisedWarning } from "./unrecognised.ts";
export {
  comparable,
  minVoiceShare,
  rememberedTexts,
  repeatsToNotice,
  verdictOf,
} from "./verdict.ts";
export { renderVtt, vttCue, vttHeader } from "./vtt.ts";
