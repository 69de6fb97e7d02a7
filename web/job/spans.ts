type Timed = { startMs: number; endMs: number };

/** Index of the last span that has begun at a time, or -1. Spans are in order. */
export function lastBegun(spans: readonly Pick<Timed, "startMs">[], atMs: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.startMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Index of the span that a time lies in, or -1. */
export function spanAt(spans: readonly Timed[], atMs: number): number {
  const index = lastBegun(spans, atMs);
  return index >= 0 && atMs < (spans[index]?.endMs ?? 0) ? index : -1;
}
