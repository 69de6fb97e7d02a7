import type { Hallucination } from "./types.ts";

/** So many segments back a repetition is noticed; from so many on it is a sign. People do say things three times. */
export const rememberedTexts = 8;
export const repeatsToNotice = 3;
/** A smaller share of speech in a segment is none. */
export const minVoiceShare = 0.1;

/** What signs come to: `likely` takes several, and that nobody is heard speaking is one of them. */
export function verdictOf(signs: readonly Hallucination["signs"][number][]): Hallucination["verdict"] {
  if (signs.length === 0) return "clear";
  const unvoiced = signs.includes("no_speech") || signs.includes("no_voice");
  return signs.length > 1 && unvoiced ? "likely" : "doubtful";
}

/** Case, punctuation and spaces do not tell texts apart. Text without a letter or digit is compared as it is. */
export function comparable(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
      .trim() || text
  );
}
