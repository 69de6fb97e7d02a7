const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

export type FoundWord = { readonly word: string; readonly offset: number; readonly length: number };

/** The words of a text with their places, in every script: without case, accents and compatibility forms (UAX #29, UAX #15). */
export function* wordsOf(text: string): Generator<FoundWord> {
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike) yield { word: folded(segment), offset: index, length: segment.length };
  }
}

export function folded(word: string): string {
  return word.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
