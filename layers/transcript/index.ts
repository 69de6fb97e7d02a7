export { type AssembleInput, assembleTranscript } from "./assemble.ts";
export { renderJson } from "./json.ts";
export { combineLanguages, type HeardLanguage } from "./language.ts";
export { buildLedger, type LedgerInput, type LedgerWindow, ledgerReasons } from "./ledger.ts";
export { type Merged, mergeWindows } from "./merge.ts";
export { renderSrt } from "./srt.ts";
export { formatTimestamp } from "./timestamp.ts";
export { renderTsv } from "./tsv.ts";
export { renderTxt } from "./txt.ts";
export {
  type ActivitySpan,
  type Cue,
  type FileLanguage,
  type Ledger,
  type LedgerInterval,
  type LedgerKind,
  ledgerSchema,
  type Segment,
  type Span,
  segmentSchema,
  type Transcript,
  transcriptSchema,
  type WindowResult,
  windowResultSchema,
  windowTranscriptSchema,
} from "./types.ts";
export { renderVtt } from "./vtt.ts";
