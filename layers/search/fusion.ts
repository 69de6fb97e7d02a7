/** Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009), with the constant of that paper. */
const rankConstant = 60;

/**
 * Joins rankings of the same things into one.
 * @param rankings ids, best first
 * @returns ids with scores, best first; equal scores in order of their first appearance
 */
export function reciprocalRankFusion<Id>(rankings: readonly (readonly Id[])[]): { id: Id; score: number }[] {
  const scores = new Map<Id, number>();
  for (const ranking of rankings) {
    for (const [rank, id] of ranking.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (rankConstant + rank + 1));
  }
  return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score);
}
