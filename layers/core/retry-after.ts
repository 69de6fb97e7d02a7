/**
 * The milliseconds that a Retry-After header asks for: seconds, or a date (RFC 9110 §10.2.3). Undefined where it has neither.
 * Imports nothing: the client takes it into browsers.
 */
export function retryAfterMs(header: string | null | undefined, nowMs = Date.now()): number | undefined {
  if (header === null || header === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
