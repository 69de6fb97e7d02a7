import { readFile } from "node:fs/promises";
import { defaultTenant, derivedJobId } from "../../layers/core/index.ts";
import { type Embedder, indexTranscript, mostHits, type SearchIndex } from "../../layers/search/index.ts";
import type { Segment } from "../../layers/transcript/index.ts";

export type LabelledSet = {
  transcripts: { name: string; language: string; sentences: string[] }[];
  /** `answer`: words that a passage must hold to answer the question. */
  questions: { question: string; transcript: string; answer: string }[];
};

export type Quality = {
  readonly ranking: "words" | "vectors" | "hybrid";
  readonly recallAt5: number;
  readonly mrr: number;
};

/** A sentence takes this long; only the order of times matters here. */
const sentenceMs = 4000;

export async function readLabelledSet(): Promise<LabelledSet> {
  return JSON.parse(
    await readFile(new URL("../../test/fixtures/search/retrieval.json", import.meta.url), "utf8"),
  ) as LabelledSet;
}

/**
 * Indexes the labelled set and asks its questions in each of the three ways. A passage answers if it is of the right transcript and has the
 * answer's words. Recall@5 is the share of questions with such a passage among the first five; MRR the mean of 1 / its rank, 0 beyond 100.
 */
export async function evaluateSearch(set: LabelledSet, index: SearchIndex, embedder: Embedder): Promise<Quality[]> {
  const tenant = defaultTenant;
  const jobOf = (name: string) => derivedJobId("retrieval", name);
  for (const { name, language, sentences } of set.transcripts) {
    const segments = sentences.map((text, n) => segment(text, language, n));
    const ref = { tenant, jobId: jobOf(name) };
    await indexTranscript({
      ref,
      transcript: { segments },
      createdMs: 0,
      index,
      embedder,
      batchSize: 5,
      passages: { mostLetters: 200, overlapLetters: 90 },
    });
  }
  const { embedding } = embedder;
  const ranks: Record<Quality["ranking"], number[]> = { words: [], vectors: [], hybrid: [] };
  for (const { question, transcript, answer } of set.questions) {
    const [vector] = await embedder.embed([question]);
    const ways = { words: { text: question }, vectors: { vector }, hybrid: { text: question, vector } };
    for (const [ranking, way] of Object.entries(ways) as [Quality["ranking"], object][]) {
      const hits = await index.query({ tenant, embedding, limit: mostHits, ...way });
      ranks[ranking].push(
        1 + hits.findIndex(({ jobId, text }) => jobId === jobOf(transcript) && text.includes(answer)),
      );
    }
  }
  return (Object.entries(ranks) as [Quality["ranking"], number[]][]).map(([ranking, found]) => ({
    ranking,
    recallAt5: found.filter((rank) => rank >= 1 && rank <= 5).length / found.length,
    mrr: found.reduce((sum, rank) => sum + (rank > 0 ? 1 / rank : 0), 0) / found.length,
  }));
}

function segment(text: string, language: string, n: number): Segment {
  const measures = { temperature: null, avgLogprob: null, compressionRatio: null, noSpeechProb: null };
  return {
    id: n,
    text,
    startMs: n * sentenceMs,
    endMs: (n + 1) * sentenceMs,
    language,
    tokens: [],
    flags: [],
    ...measures,
  };
}
