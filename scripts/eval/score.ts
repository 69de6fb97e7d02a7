/** Words of a text as they are compared: lower case, without punctuation, Unicode composed. */
export function words(text: string): string[] {
  return text
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s']/gu, " ")
    .split(/\s+/)
    .filter(Boolean);
}

/** Fewest insertions, deletions and substitutions that lead from one to the other (Levenshtein). Memory: one row. */
export function editDistance<T>(reference: readonly T[], hypothesis: readonly T[]): number {
  const row = Array.from({ length: hypothesis.length + 1 }, (_, j) => j);
  for (const [i, expected] of reference.entries()) {
    let diagonal = row[0]!;
    row[0] = i + 1;
    for (const [j, actual] of hypothesis.entries()) {
      const substituted = diagonal + (expected === actual ? 0 : 1);
      diagonal = row[j + 1]!;
      row[j + 1] = Math.min(substituted, diagonal + 1, row[j]! + 1);
    }
  }
  return row.at(-1)!;
}

/** Errors over reference words, of many texts together. Above 1 where much was invented; 0 for nothing against nothing. */
export function wordErrorRate(pairs: Iterable<{ reference: string; hypothesis: string }>): number {
  let errors = 0;
  let total = 0;
  for (const { reference, hypothesis } of pairs) {
    const expected = words(reference);
    errors += editDistance(expected, words(hypothesis));
    total += expected.length;
  }
  return errors === 0 ? 0 : errors / total;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : mean(sorted.slice(middle - 1, middle + 1));
}
