/**
 * How long a window or a slice took travels beside its result, as metadata of the object: the result itself must be the same
 * bytes however long it took.
 */
export const timingMetadata = (tookMs: number) => ({ "took-ms": String(Math.round(tookMs)) });

export const timingOf = (metadata: Record<string, string>) => Number(metadata["took-ms"] ?? 0) || 0;

/** A clock for one step. */
export function stopwatch(): () => number {
  const started = performance.now();
  return () => Math.round(performance.now() - started);
}
