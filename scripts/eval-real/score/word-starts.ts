import { mean, median, words as plainWords } from "../../eval/score.ts";
import { quantile } from "./statistics.ts";

/** Times in seconds. */
export type TimedWord = { text: string; start: number; end: number };

export type StartScore = {
  matched: number;
  medianSeconds: number;
  /** Below 0: words start too early. */
  meanSeconds: number;
  p90Seconds: number;
  withoutLength: number;
  longestSeconds: number;
};

/** The starts of heard words that are words of the reference, as errors in seconds: above 0 where a word starts too late. */
export function startErrors(reference: readonly TimedWord[], heard: readonly TimedWord[]): number[] {
  const [a, b] = [characters(reference), characters(heard)];
  return commonSubsequence(
    a.map(({ character }) => character),
    b.map(({ character }) => character),
  ).flatMap(([i, j]) => {
    const [expected, actual] = [a[i]!, b[j]!];
    return expected.start === undefined || actual.start === undefined ? [] : [actual.start - expected.start];
  });
}

export function scoreStarts(errors: readonly number[], heard: readonly TimedWord[]): StartScore {
  const sizes = errors.map(Math.abs);
  const lengths = heard.map(({ start, end }) => end - start);
  return {
    matched: errors.length,
    medianSeconds: median(sizes),
    meanSeconds: mean(errors),
    p90Seconds: quantile(sizes, 0.9),
    withoutLength: lengths.filter((length) => length <= 0).length,
    longestSeconds: Math.max(0, ...lengths),
  };
}

/** Words are cut differently in languages without spaces: what is compared are words that begin at the same character. */
function characters(list: readonly TimedWord[]): { character: string; start: number | undefined }[] {
  return list.flatMap(({ text, start }) =>
    [...plainWords(text).join("")].map((character, i) => ({ character, start: i === 0 ? start : undefined })),
  );
}

/** Pairs of places in both that hold the same, in order, as many as there can be. */
function commonSubsequence(a: readonly string[], b: readonly string[]): [number, number][] {
  const columns = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * columns);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * columns + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * columns + j + 1]! + 1
          : Math.max(lengths[(i + 1) * columns + j]!, lengths[i * columns + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * columns + j]! >= lengths[i * columns + j + 1]!) i++;
    else j++;
  }
  return pairs;
}
