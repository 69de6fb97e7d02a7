import type { SpeechSpan } from "./options.ts";

/** Voice activity widens what it hears by so much before and after: that much of a span's edges may hold no voice. */
const rollBeforeMs = 100;
const rollAfterMs = 200;

/**
 * Where voice activity has a voice and there is no text.
 * @param speech as voice activity detection gives it, widened, in order, without overlap
 * @param texts where there is text, in any order
 * @param minMs shorter gaps are left out: a timestamp is not exact, and a breath is no word
 */
export function voiceWithoutText(
  speech: readonly SpeechSpan[],
  texts: readonly SpeechSpan[],
  { minMs, fromMs = 0, toMs = Infinity }: { minMs: number; fromMs?: number; toMs?: number },
): SpeechSpan[] {
  const covered = [...texts].sort(([a], [b]) => a - b);
  const gaps: SpeechSpan[] = [];
  for (const [spanStartMs, spanEndMs] of speech) {
    const endMs = Math.min(spanEndMs - rollAfterMs, toMs);
    let atMs = Math.max(spanStartMs + rollBeforeMs, fromMs);
    for (const [from, to] of covered) {
      if (to <= atMs) continue;
      if (from >= endMs) break;
      if (from - atMs >= minMs) gaps.push([atMs, from]);
      atMs = to;
    }
    if (endMs - atMs >= minMs) gaps.push([atMs, endMs]);
  }
  return gaps;
}

/** Gaps with little between them are looked at together: they are one utterance with pauses in it. */
export function joinGaps(gaps: readonly SpeechSpan[], texts: readonly SpeechSpan[], maxPauseMs: number): SpeechSpan[] {
  const joined: [number, number][] = [];
  for (const [startMs, endMs] of gaps) {
    const last = joined.at(-1);
    const isNext = last && startMs - last[1] <= maxPauseMs;
    if (isNext && !texts.some(([from, to]) => from < startMs && to > last[1])) last[1] = endMs;
    else joined.push([startMs, endMs]);
  }
  return joined;
}

/** How much of [startMs, endMs) is a voice, in milliseconds, without what voice activity widened. */
export function voicedMs(speech: readonly SpeechSpan[], startMs: number, endMs: number): number {
  let sum = 0;
  for (const [from, to] of speech) {
    sum += Math.max(0, Math.min(to - rollAfterMs, endMs) - Math.max(from + rollBeforeMs, startMs));
  }
  return sum;
}
