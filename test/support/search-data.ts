import type { JobId } from "../../layers/core/index.ts";
import { type IndexedPassage, lexicalVector, passageId } from "../../layers/search/index.ts";

export type PassageSeed = Partial<IndexedPassage> & { jobId: JobId; text: string };

/** A passage with the vector of its spelling. */
export function lexicalPassage({
  jobId,
  text,
  startMs = 0,
  endMs = startMs + 1000,
  ...more
}: PassageSeed): IndexedPassage {
  const id = passageId({ jobId, startMs, endMs, text });
  const rest = { index: 0, count: 1, language: "en", voiceVerdict: null, createdMs: 0 };
  return { id, jobId, text, startMs, endMs, ...rest, ...more, vector: lexicalVector(text) };
}

export const vectorOf = lexicalVector;
