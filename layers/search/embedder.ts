/** Numbers of a vector. One size for every embedding, so that a store's index fits each of them. */
export const embeddingSize = 384;

/** Which vectors an index holds: those of another embedding mean something else. */
export type Embedding = {
  /** Model, weights and precision: `all-MiniLM-L6-v2@53aa51172d14/int8`. */
  readonly id: string;
  /** True where it compares spelling, and not meaning. */
  readonly lexical: boolean;
};

/** Turns texts into vectors of length 1, in which near means alike. */
export interface Embedder {
  readonly embedding: Embedding;
  /** One vector of `embeddingSize` numbers per text. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
}

/** To length 1, in place. A text without a single feature gets a direction of its own: stores refuse vectors of zeros. */
export function normalised(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) vector[0] = 1;
  else for (let i = 0; i < vector.length; i++) vector[i]! /= Math.sqrt(squares);
  return vector;
}
