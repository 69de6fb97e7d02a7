import { wordsOf } from "./words.ts";

/** Half-open, in UTF-16 code units of the snippet: `text.slice(start, end)`. */
export type TextRange = { readonly start: number; readonly end: number };

export type Snippet = {
  /** A part of the passage, as plain text. */
  readonly text: string;
  /** Where it begins in the passage. */
  readonly offset: number;
  /** What of it answers to words of the query; in order, without overlap. Ranges, because text is never to be taken for HTML. */
  readonly highlights: readonly TextRange[];
};

/** Words shorter than this have no endings to overlook. */
const leastStem = 4;
const mostEnding = 3;

/** The part of a passage in which most words of the query are, cut between words. */
export function snippetOf(text: string, query: string, mostLetters = 240): Snippet {
  const wanted = [...new Set(Array.from(wordsOf(query), ({ word }) => word))];
  const words = [...wordsOf(text)];
  const found = words.flatMap(({ word, offset, length }) =>
    wanted.some((other) => alike(word, other)) ? [{ start: offset, end: offset + length }] : [],
  );
  const { from, to } = window(text, words, found, mostLetters);
  const highlights = found
    .filter(({ start, end }) => start >= from && end <= to)
    .map(({ start, end }) => ({ start: start - from, end: end - from }));
  return { text: text.slice(from, to), offset: from, highlights };
}

function window(text: string, words: { offset: number; length: number }[], found: TextRange[], mostLetters: number) {
  if (text.length <= mostLetters) return { from: 0, to: text.length };
  let best = 0;
  let bestCount = 0;
  for (const [index, { start }] of found.entries()) {
    const count = found.slice(index).filter(({ end }) => end <= start + mostLetters).length;
    if (count > bestCount) [best, bestCount] = [start, count];
  }
  // Some words before the first that was found, so that it can be read.
  const earliest = Math.max(0, best - Math.floor(mostLetters / 6));
  const from = words.find(({ offset }) => offset >= earliest)?.offset ?? 0;
  const last = words.findLast(({ offset, length }) => offset + length <= from + mostLetters && offset >= from);
  return { from, to: last ? last.offset + last.length : Math.min(text.length, from + mostLetters) };
}

/** The same word, or the same but for a short ending. */
function alike(a: string, b: string): boolean {
  if (a === b) return true;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length < leastStem || long.length - short.length > mostEnding) return false;
  return long.startsWith(short) || long.startsWith(short.slice(0, -1));
}
