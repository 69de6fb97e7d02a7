import type { LedgerInterval, Transcript } from "../../../layers/transcript/index.ts";

export type Span = { startMs: number; endMs: number };

/** Where the ledger has voice without text, as it is called now and as it was. */
export function voiceWithoutText(intervals: readonly (Span & { kind: string; reason?: string })[]): Span[] {
  return intervals.filter(({ kind, reason }) => kind === "unrecognised" || reason === "voice_without_text");
}

export type Holes = { totalMs: number; longestMs: number; unwarned: number };

/** Longer than this without text, people want to be told. */
const warnFromMs = 2_000;

/** Voice without text in all, the longest stretch of it, and those that ought to have a warning with their times and have none. */
export function holesOf({
  ledger,
  warnings,
}: Pick<Transcript, "warnings"> & { ledger: { intervals: LedgerInterval[] } }): Holes {
  const spans = voiceWithoutText(ledger.intervals);
  const lengths = spans.map(({ startMs, endMs }) => endMs - startMs);
  const long = spans.filter(({ startMs, endMs }) => endMs - startMs > warnFromMs);
  return {
    totalMs: lengths.reduce((sum, length) => sum + length, 0),
    longestMs: Math.max(0, ...lengths),
    unwarned: long.filter((span) => !warnings.some((warning) => timesIn(warning).some((time) => covers(time, span))))
      .length,
  };
}

/** Times that a sentence names: "30:50–31:07", "1850.2–1867.0 s". */
function timesIn(sentence: string): Span[] {
  const clock = String.raw`(?:\d+:)*\d+(?:[.,]\d+)?`;
  return [...sentence.matchAll(new RegExp(`(${clock})\\s*[–-]\\s*(${clock})`, "gu"))].map(([, from, to]) => ({
    startMs: clockMs(from!),
    endMs: clockMs(to!),
  }));
}

const clockMs = (text: string) =>
  1_000 * text.split(":").reduce((sum, part) => sum * 60 + Number(part.replace(",", ".")), 0);

/** Warnings round to seconds or tenths. */
const toleranceMs = 1_000;

const covers = (time: Span, span: Span) =>
  time.startMs - toleranceMs <= span.startMs && time.endMs + toleranceMs >= span.endMs;
