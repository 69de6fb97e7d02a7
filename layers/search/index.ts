export {
  type Answer,
  type AnswerEvent,
  answer,
  BedrockModel,
  type Citation,
  extractAnswer,
  type LanguageModel,
  OpenAiModel,
  openLanguageModel,
  type Prompt,
  promptOf,
  writeAnswer,
} from "./answer/index.ts";
export { type Embedder, type Embedding, embeddingSize, normalised } from "./embedder.ts";
export { reciprocalRankFusion } from "./fusion.ts";
export { type IndexJobOptions, indexJob } from "./index-job.ts";
export {
  type Hit,
  type IndexDescription,
  type IndexedPassage,
  type IndexFilters,
  type IndexQuery,
  indexFormat,
  mostHits,
  type SearchIndex,
} from "./index-port.ts";
export { type Indexed, type IndexTranscriptOptions, indexTranscript } from "./index-transcript.ts";
export { lexicalEmbedder, lexicalVector } from "./lexical.ts";
export { openSearchIndex, processEmbedder, processSearchIndex, requireSearchIndex, type StoreName } from "./open.ts";
export { type Passage, passageId, type VoiceVerdict, voiceVerdicts } from "./passage.ts";
export { type PassageOptions, passagesOf } from "./passages.ts";
export { type Snippet, snippetOf, type TextRange } from "./snippet.ts";
