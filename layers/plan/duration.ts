const unitMs = { h: 3_600_000, m: 60_000, s: 1_000 } as const;

/**
 * A length of time as people write it: `90s`, `1h30m`, `2h`, `3:00:00`, `12:30`.
 * @returns milliseconds, or undefined for what is not a length of time above zero
 */
export function parseDuration(text: string): number | undefined {
  const clock = /^(?:(\d+):)?(\d{1,3}):([0-5]\d(?:\.\d+)?)$/.exec(text);
  const spoken = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?$/i.exec(text);
  const [, hours = "0", minutes = "0", seconds = "0"] = clock ?? spoken ?? [];
  const ms = Number(hours) * unitMs.h + Number(minutes) * unitMs.m + Number(seconds) * unitMs.s;
  return Number.isFinite(ms) && ms > 0 ? Math.round(ms) : undefined;
}

/** `1 h 30 min`, `2 min 5 s`, `340 ms`: two units at most. */
export function spokenDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / unitMs.m);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % unitMs.m) / 1_000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${(ms / 86_400_000).toFixed(1)} days`;
}
