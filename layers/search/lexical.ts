import { createHash } from "node:crypto";
import { type Embedder, embeddingSize, normalised } from "./embedder.ts";
import { wordsOf } from "./words.ts";

/** Letters of the n-grams that a word is taken apart into. */
const gramLetters = [3, 4] as const;
const tellingLetters = 7;
/** A whole word says more than one of its parts. */
const wordWeight = 2;

/**
 * An embedding without a model: every word and its n-grams of letters are hashed to a place and a sign ("the hashing trick", Weinberger
 * et al., 2009). Texts are near to each other when they share words or parts of words. It knows nothing of meaning, hence its name.
 */
export const lexicalEmbedder: Embedder = {
  embedding: { id: "lexical-1", lexical: true },
  embed: async (texts) => texts.map(lexicalVector),
};

export function lexicalVector(text: string): Float32Array {
  const counts = new Map<string, number>();
  for (const { word } of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const vector = new Float32Array(embeddingSize);
  for (const [word, count] of counts) {
    // A word that comes ten times does not make a text ten times more about it.
    const letters = [...`^${word}$`];
    const weight = (1 + Math.log(count)) * rarity(letters.length - 2);
    add(vector, ` ${word} `, wordWeight * weight);
    const grams = gramLetters.flatMap((size) =>
      Array.from({ length: Math.max(0, letters.length - size + 1) }, (_, n) => letters.slice(n, n + size).join("")),
    );
    for (const gram of grams) add(vector, gram, weight / Math.sqrt(grams.length));
  }
  return normalised(vector);
}

/** Short words are the frequent ones, in every language (Zipf, 1935): a guess at how much a word says, where nobody has counted. */
const rarity = (letters: number) => (Math.min(letters, tellingLetters) / tellingLetters) ** 2;

function add(vector: Float32Array, feature: string, weight: number): void {
  const hash = createHash("sha1").update(feature).digest();
  const place = hash.readUInt32LE(0) % vector.length;
  vector[place]! += (hash[4]! & 1) === 0 ? weight : -weight;
}
