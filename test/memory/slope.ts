/**
 * Growth per step of a series, by Theil and Sen: the median of the slopes between all pairs. A collection now and then, which a
 * straight line by least squares would follow, does not move it.
 */
export function medianSlope(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let from = 0; from < values.length; from++) {
    for (let to = from + 1; to < values.length; to++) slopes.push((values[to]! - values[from]!) / (to - from));
  }
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}
