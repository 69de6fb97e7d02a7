import type { Passage } from "../passage.ts";
import { wordsOf } from "../words.ts";
import { type Citation, citationOf } from "./citations.ts";

const mostSentences = 3;
const segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });

/**
 * An answer without a language model: the sentences of the passages that share most words with the question, quoted word for word. A
 * word counts the more, the fewer of the sentences have it; where none is shared, the best passages' first sentences.
 */
export function extractAnswer(question: string, passages: readonly Passage[]): { text: string; citations: Citation[] } {
  const sentences = passages.flatMap((passage, rank) =>
    Array.from(segmenter.segment(passage.text), ({ segment }, place) => {
      const words = new Set(Array.from(wordsOf(segment), ({ word }) => word));
      return { text: segment.trim(), passage, rank, place, words };
    }),
  );
  const asked = new Set(Array.from(wordsOf(question), ({ word }) => word));
  const weights = new Map(
    [...asked].map((word) => {
      const having = sentences.filter(({ words }) => words.has(word)).length;
      return [word, Math.log((sentences.length + 1) / (having + 1))];
    }),
  );
  const scored = sentences
    .map((sentence) => {
      const shared = [...sentence.words].reduce((sum, word) => sum + (weights.get(word) ?? 0), 0);
      // The passage's own rank decides between equals, and is worth something by itself.
      return { ...sentence, score: shared + 1 / (1 + sentence.rank) };
    })
    .sort((a, b) => b.score - a.score || a.rank - b.rank || a.place - b.place);
  const chosen: typeof scored = [];
  for (const sentence of scored) {
    // Neighbouring passages overlap: the same sentence is not quoted twice.
    if (chosen.length < mostSentences && !chosen.some(({ text }) => text === sentence.text)) chosen.push(sentence);
  }
  chosen.sort((a, b) => a.rank - b.rank || a.place - b.place);
  const cited = [...new Set(chosen.map(({ passage }) => passage))];
  const text = chosen.map((sentence) => `“${sentence.text}” [${cited.indexOf(sentence.passage) + 1}]`).join(" ");
  return { text, citations: cited.map((passage, n) => citationOf(passage, n + 1)) };
}
