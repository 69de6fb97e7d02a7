export { type Embedder, type Embedding, embeddingSize, normalised } from "./embedder.ts";
export { reciprocalRankFusion } from "./fusion.ts";
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
export { lexicalEmbedder } from "./lexical.ts";
export { openSearchIndex, type StoreName } from "./open.ts";
export { type Passage, type VoiceVerdict, voiceVerdicts } from "./passage.ts";
export { type PassageOptions, passagesOf } from "./passages.ts";
export { type Snippet, snippetOf, type TextRange } from "./snippet.ts";
