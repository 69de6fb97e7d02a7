import { isPrinted } from "./printed.ts";
import {
  type ActivitySpan,
  type Ledger,
  type LedgerInterval,
  type LedgerKind,
  ledgerKinds,
  type Segment,
  type Span,
} from "./types.ts";

/** Why time has no text, where that is worth saying. */
export const ledgerReasons = {
  /** Voice activity heard speech, recognition made no text of it. */
  voiceWithoutText: "voice_without_text",
  /** A voice that no window of the plan covers. */
  notTranscribed: "not_transcribed",
  /** Outside the stretches that the sender asked for. */
  notRequested: "not_requested",
  /** Time that voice activity never saw, so nobody knows what is in it. */
  notAnalysed: "not_analysed",
} as const;

export type LedgerWindow = Span &
  ({ outcome: "ok" } | { outcome: "failed"; reason: string }) & {
    /** Segments with text, on the file's clock. */
    segments: readonly (Span & Pick<Segment, "text" | "hallucination">)[];
  };

export type LedgerInput = {
  durationMs: number;
  /** Voice activity; it should partition the duration, and what it leaves out counts as failed. */
  activity: readonly ActivitySpan[];
  windows: readonly LedgerWindow[];
  /** The only stretches that were asked for; default: everything. */
  clips?: readonly Span[] | undefined;
  /** False where nobody asked for text: what sounds like speech is then speech without it. Default: true. */
  textExpected?: boolean;
};

/** A sliver of sound between windows is rounding, not a loss. */
const graceMs = 100;
/** What is shorter than this is nothing by itself: two steps of rounding, and a frame of voice activity is longer. */
const roundingMs = 10;

/**
 * Builds the coverage ledger: a partition of [0, durationMs) into intervals without gap or overlap, neighbours always
 * different. In this order: a segment with text is speech, unless it is judged `likely` invented; what voice activity calls silence is
 * silence; what nobody asked for is other; a failed window is failed with its reason; so is time that was not analysed; sound
 * without a voice is other, whether anybody listened to it or not; a voice is failed where no window covers it, else unrecognised.
 */
export function buildLedger({ durationMs, activity, windows, clips, textExpected = true }: LedgerInput): Ledger {
  const clip = ({ startMs, endMs }: Span): Span => ({
    startMs: Math.min(Math.max(Math.round(startMs), 0), durationMs),
    endMs: Math.min(Math.max(Math.round(endMs), 0), durationMs),
  });
  const texts = windows.flatMap(({ segments }) =>
    segments.filter((segment) => segment.text.trim() !== "" && isPrinted(segment)),
  );

  // Between two neighbouring edges of anything, nothing changes.
  const spans = [...activity, ...windows, ...texts, ...(clips ?? [])].map(clip);
  const edges = [...new Set([0, durationMs, ...spans.flatMap(({ startMs, endMs }) => [startMs, endMs])])];
  edges.sort((a, b) => a - b);
  const cellAt = new Map(edges.map((ms, cell) => [ms, cell]));
  const cells = edges
    .slice(1)
    .map(() => ({ sound: undefined, window: undefined, text: false, wanted: !clips }) as Cell);
  const paint = (span: Span, change: (cell: Cell) => void) => {
    const { startMs, endMs } = clip(span);
    for (let i = cellAt.get(startMs)!; i < cellAt.get(endMs)!; i++) change(cells[i]!);
  };

  for (const span of activity) paint(span, (cell) => (cell.sound = louder(cell.sound, span.kind)));
  for (const window of windows) paint(window, (cell) => (cell.window = window));
  for (const span of texts) paint(span, (cell) => (cell.text = true));
  for (const span of clips ?? []) paint(span, (cell) => (cell.wanted = true));

  const intervals: LedgerInterval[] = [];
  for (const [i, cell] of cells.entries())
    append(intervals, { startMs: edges[i]!, endMs: edges[i + 1]!, ...judge(cell, textExpected) });
  return withTotals(absorbSlivers(intervals));
}

type Sound = ActivitySpan["kind"];
type Cell = { sound: Sound | undefined; window: LedgerWindow | undefined; text: boolean; wanted: boolean };

const loudness: Record<Sound, number> = { silence: 0, other: 1, speech: 2 };

/** Overlapping activity counts as the one that is harder to lose. */
function louder(a: Sound | undefined, b: Sound): Sound {
  return a !== undefined && loudness[a] > loudness[b] ? a : b;
}

function judge({ sound, window, text, wanted }: Cell, textExpected: boolean): { kind: LedgerKind; reason?: string } {
  if (text) return { kind: "speech" };
  if (sound === "silence") return { kind: "silence" };
  if (!wanted) return { kind: "other", reason: ledgerReasons.notRequested };
  if (window?.outcome === "failed") return { kind: "failed", reason: window.reason };
  if (sound === undefined) return { kind: "failed", reason: ledgerReasons.notAnalysed };
  if (sound === "other") return { kind: "other" };
  if (!textExpected) return { kind: "speech" };
  if (window === undefined) return { kind: "failed", reason: ledgerReasons.notTranscribed };
  return { kind: "unrecognised", reason: ledgerReasons.voiceWithoutText };
}

/** Adds an interval, or lengthens the last one if it says the same. */
function append(intervals: LedgerInterval[], next: LedgerInterval): void {
  const last = intervals.at(-1);
  if (last && last.kind === next.kind && last.reason === next.reason) last.endMs = next.endMs;
  else intervals.push(next);
}

/** A sliver belongs to what is beside it. Text keeps its time, however short, and so does what failed for a reason of its own. */
function absorbSlivers(intervals: readonly LedgerInterval[]): LedgerInterval[] {
  const absorbed: LedgerInterval[] = [];
  for (const [i, interval] of intervals.entries()) {
    const neighbours = [absorbed.at(-1), intervals[i + 1]];
    const beside = isSliver(interval)
      ? neighbours.find((neighbour) => neighbour && neighbour.kind !== "failed")
      : interval;
    const { startMs, endMs } = interval;
    const { kind, reason } = beside ?? { kind: interval.kind === "failed" ? ("other" as const) : interval.kind };
    append(absorbed, { startMs, endMs, kind, ...(reason === undefined ? {} : { reason }) });
  }
  return absorbed;
}

function isSliver({ startMs, endMs, kind, reason }: LedgerInterval): boolean {
  if (kind === "speech") return false;
  if (kind !== "failed") return endMs - startMs < roundingMs;
  return (reason === ledgerReasons.notTranscribed || reason === ledgerReasons.notAnalysed) && endMs - startMs < graceMs;
}

function withTotals(intervals: LedgerInterval[]): Ledger {
  const totalsMs = Object.fromEntries(ledgerKinds.map((kind) => [kind, 0])) as Ledger["totalsMs"];
  for (const { startMs, endMs, kind } of intervals) totalsMs[kind] += endMs - startMs;
  return { intervals, totalsMs };
}
