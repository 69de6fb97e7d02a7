import { seeded } from "../../test/parity/seeded.ts";

export const dimensions = 384;
const topics = 2000;
/** How far a passage is from the middle of its topic, of the topic's own length. */
const spread = 1;
const vocabulary = 20_000;
const wordsPerPassage = 60;

/** Numbers from 0 to 1, the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Vectors of length 1 around 2,000 topics, as texts about the same things have them. */
export function* vectors(count: number, seed: number): Generator<Float32Array> {
  const random = randomNumbers(seed);
  const centres = seeded("bench.search.topics", topics * dimensions);
  const centreScale = 8192 / 591;
  for (let n = 0; n < count; n++) {
    const centre = Math.floor(random() * topics) * dimensions;
    const vector = new Float32Array(dimensions);
    let squares = 0;
    for (let i = 0; i < dimensions; i++) {
      const normal = Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
      vector[i] = centres[centre + i]! * centreScale + spread * normal;
      squares += vector[i]! ** 2;
    }
    for (let i = 0; i < dimensions; i++) vector[i]! /= Math.sqrt(squares);
    yield vector;
  }
}

/** Texts whose words are as unequally frequent as in speech (Zipf). */
export function textOf(random: () => number, words = wordsPerPassage): string {
  return Array.from({ length: words }, () => spelled(Math.floor(vocabulary ** random()))).join(" ");
}

function spelled(rank: number): string {
  let word = "";
  for (let left = rank + 1; left > 0; left = Math.floor(left / 20))
    word += "bcdfghjklmnpqrstvwxz"[left % 20]! + "aeiou"[left % 5]!;
  return word;
}
