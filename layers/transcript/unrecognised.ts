import { Notes } from "./notes.ts";
import type { LedgerInterval, Span } from "./types.ts";

/** Voice without text that is longer than this is worth a warning: less is a breath, a word that trails off, or a cough. */
const noticeableMs = 2_000;
/** Voice activity breaks off so long within a word; the voice counts as one, and the gap as part of it. */
const sameVoiceMs = 300;
/** A pause between phrases. What is heard on both sides of it, without text between, is one stretch. */
const samePassageMs = 1_000;

/** What is warned of; the times come before it. */
export const unrecognisedWarning = "a voice is heard, but there is no text for it";

/**
 * The stretches in which a voice stays without text for longer than 2 s, in order. What is interrupted by a breath or a pause, and not by
 * text, is one stretch.
 * @param intervals of a ledger
 */
export function unrecognisedStretches(intervals: readonly LedgerInterval[]): Span[] {
  const stretches: (Span & { voiceMs: number })[] = [];
  let textSince = false;
  for (const { startMs, endMs, kind } of intervals) {
    if (kind === "speech") textSince = true;
    if (kind !== "unrecognised") continue;
    const last = stretches.at(-1);
    const gapMs = startMs - (last?.endMs ?? Number.NEGATIVE_INFINITY);
    const belongs = gapMs < sameVoiceMs || (gapMs <= samePassageMs && !textSince);
    if (last && belongs) {
      last.voiceMs += endMs - startMs + (gapMs < sameVoiceMs ? gapMs : 0);
      last.endMs = endMs;
    } else stretches.push({ startMs, endMs, voiceMs: endMs - startMs });
    textSince = false;
  }
  return stretches.filter(({ voiceMs }) => voiceMs > noticeableMs).map(({ startMs, endMs }) => ({ startMs, endMs }));
}

/** The same as a warning for people; none where there is nothing to warn of. */
export function unrecognisedWarnings(intervals: readonly LedgerInterval[]): string[] {
  const notes = new Notes();
  for (const stretch of unrecognisedStretches(intervals)) notes.add(unrecognisedWarning, stretch, { total: true });
  return notes.lines;
}
