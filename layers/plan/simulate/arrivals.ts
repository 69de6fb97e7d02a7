import { windowsIn } from "../measured.ts";
import { Random } from "./random.ts";
import type { Arrival } from "./system.ts";

const dayMs = 24 * 3600 * 1000;

/** Lengths of files: lognormal around this median, and between these bounds. */
export const fileLengths = { medianMs: 12 * 60_000, sigma: 1, leastMs: 60_000, mostMs: 240 * 60_000 } as const;

export type Pattern = "diurnal" | "poisson";

/**
 * A day of files that add up to about so many hours of audio. `diurnal` has its peak, 1.8 times the mean, at three in the
 * afternoon, and its low, a fifth of the mean, at three at night; `poisson` is even. The seed decides everything.
 */
export function dayOfArrivals(hoursPerDay: number, pattern: Pattern, seed: number): Arrival[] {
  const random = new Random(seed);
  const wantedMs = hoursPerDay * 3_600_000;
  const arrivals: Arrival[] = [];
  for (let sumMs = 0; sumMs < wantedMs; ) {
    const { medianMs, sigma, leastMs, mostMs } = fileLengths;
    const durationMs = Math.round(Math.min(mostMs, Math.max(leastMs, random.lognormal(medianMs, sigma))));
    sumMs += durationMs;
    arrivals.push({ atMs: momentOf(pattern, random), durationMs, windows: windowsIn(durationMs) });
  }
  return arrivals.sort((a, b) => a.atMs - b.atMs);
}

function momentOf(pattern: Pattern, random: Random): number {
  for (;;) {
    const atMs = random.next() * dayMs;
    if (pattern === "poisson") return atMs;
    const rate = 1 + 0.8 * Math.cos((2 * Math.PI * (atMs - 15 * 3_600_000)) / dayMs);
    if (random.next() * 1.8 < rate) return atMs;
  }
}
