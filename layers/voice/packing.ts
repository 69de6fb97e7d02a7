import type { ActivitySpan } from "../audio/index.ts";

/** A stretch of the recording in whole milliseconds; the end is not part of it. */
export type Interval = { startMs: number; endMs: number };

/** One piece of work for a detector. */
export type VoiceWindow = {
  index: number;
  /** The speech that the detector hears, in order; never more than a window together. */
  intervals: Interval[];
  /** The part of it that this window's score stands for. No moment of the recording belongs to two windows. */
  own: Interval[];
  speechMs: number;
  ownMs: number;
};

export type PackingOptions = {
  /** The detector's window, e.g. 10,240. */
  windowMs: number;
  /** Speech between the beginnings of two windows. Less than a window makes them overlap, more leaves speech out. Default: a window. */
  hopMs?: number;
  /** Less speech than this makes no window. */
  minSpeechMs?: number;
  /** Speech on the two sides of a longer pause does not share a window. */
  maxGapMs?: number;
};

export type PackedSpeech = {
  windows: VoiceWindow[];
  speechMs: number;
  /** Sound without speech: music, noise. */
  otherMs: number;
  silenceMs: number;
};

export const defaultMaxGapMs = 30_000;
export const defaultMinSpeechMs = 1000;

/**
 * Packs speech into full windows: a detector's time goes by windows, and silence tells it nothing. Where the end of the speech would
 * leave a window less than full, that window reaches back instead; what two windows hear alike is divided between them in the middle.
 * @param activity spans in order of time without overlap, as voice activity detection gives them
 * @throws RangeError for sizes that are not positive
 */
export function packSpeech(activity: Iterable<ActivitySpan>, options: PackingOptions): PackedSpeech {
  const { windowMs, hopMs = windowMs, minSpeechMs = defaultMinSpeechMs, maxGapMs = defaultMaxGapMs } = options;
  for (const [name, value] of Object.entries({ windowMs, hopMs, minSpeechMs })) {
    if (!Number.isInteger(value) || value <= 0)
      throw new RangeError(`${name} is a positive whole number, not ${value}`);
  }
  const totals = { speech: 0, other: 0, silence: 0 };
  const speech: Interval[] = [];
  for (const { kind, startMs, endMs } of activity) {
    totals[kind] += endMs - startMs;
    if (kind === "speech" && endMs > startMs) speech.push({ startMs, endMs });
  }
  const windows: VoiceWindow[] = [];
  for (const strip of strips(speech, minSpeechMs, maxGapMs)) {
    for (const window of windowsOf(strip, windowMs, hopMs)) windows.push({ index: windows.length, ...window });
  }
  return { windows, speechMs: totals.speech, otherMs: totals.other, silenceMs: totals.silence };
}

/** Speech with its pauses taken out: piece i begins at `offsets[i]`, `totalMs` is where the last one ends. */
type Strip = { pieces: Interval[]; offsets: number[]; totalMs: number };

/** Parts the speech at long pauses. A part that is too short to judge goes with the one before it, or the first after it. */
function strips(speech: readonly Interval[], minSpeechMs: number, maxGapMs: number): Strip[] {
  const parted: Strip[] = [];
  for (const piece of speech) {
    const last = parted.at(-1);
    const gapMs = last ? piece.startMs - last.pieces.at(-1)!.endMs : 0;
    if (last && (gapMs <= maxGapMs || last.totalMs < minSpeechMs)) extend(last, [piece]);
    else parted.push(extend({ pieces: [], offsets: [], totalMs: 0 }, [piece]));
  }
  const last = parted.at(-1);
  if (last && last.totalMs < minSpeechMs) {
    parted.pop();
    const before = parted.at(-1);
    if (before) extend(before, last.pieces);
  }
  return parted;
}

function extend(strip: Strip, pieces: readonly Interval[]): Strip {
  for (const piece of pieces) {
    strip.pieces.push(piece);
    strip.offsets.push(strip.totalMs);
    strip.totalMs += piece.endMs - piece.startMs;
  }
  return strip;
}

function* windowsOf(strip: Strip, windowMs: number, hopMs: number): Generator<Omit<VoiceWindow, "index">> {
  const starts: number[] = [];
  const lastStart = Math.max(0, strip.totalMs - windowMs);
  for (let start = 0; start < lastStart; start += hopMs) starts.push(start);
  starts.push(lastStart);
  const length = Math.min(windowMs, strip.totalMs);
  const border = (left: number, right: number) => Math.max(right, (left + length + right) >> 1);
  for (const [i, start] of starts.entries()) {
    const before = starts[i - 1];
    const after = starts[i + 1];
    const ownStart = before === undefined ? start : border(before, start);
    const ownEnd = after === undefined ? start + length : Math.min(start + length, border(start, after));
    const intervals = cut(strip, start, start + length);
    yield { intervals, own: cut(strip, ownStart, ownEnd), speechMs: length, ownMs: ownEnd - ownStart };
  }
}

/** [from, to) of the strip, on the recording's clock. */
function cut({ pieces, offsets }: Strip, from: number, to: number): Interval[] {
  const intervals: Interval[] = [];
  for (let i = pieceAt(offsets, from); i < pieces.length && offsets[i]! < to; i++) {
    const { startMs, endMs } = pieces[i]!;
    const shift = startMs - offsets[i]!;
    const interval = { startMs: Math.max(startMs, from + shift), endMs: Math.min(endMs, to + shift) };
    if (interval.endMs > interval.startMs) intervals.push(interval);
  }
  return intervals;
}

/** The last piece that begins at or before `position`. */
function pieceAt(offsets: readonly number[], position: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle]! <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
