/** Speech; energetic sound that is not like speech (music, hum, noise); or nothing that can be heard over the room. */
export type ActivityKind = "speech" | "other" | "silence";

/** What the frames of a detector last, but for a recording's last one. */
export const frameMs = 10;

/** One decision about a few milliseconds. */
export type ActivityFrame = {
  startMs: number;
  endMs: number;
  kind: ActivityKind;
  /** Power in dBFS without DC. */
  levelDb: number;
  /** The probability of a voice, 0 to 1. Speech reaches a little further than it: into soft onsets and short pauses. */
  voice: number;
};

/** A stretch of one kind. Spans of one recording follow one another without gap or overlap, from 0. */
export type ActivitySpan = { startMs: number; endMs: number; kind: ActivityKind };

/** Joins frames of one kind into spans. Keeps one open span and no more. */
export class SpanJoiner {
  #open: ActivitySpan | null = null;

  /** The span that `frame` ended, if it did. */
  push({ startMs, endMs, kind }: ActivitySpan): ActivitySpan | null {
    const open = this.#open;
    if (open?.kind === kind) {
      open.endMs = endMs;
      return null;
    }
    this.#open = { startMs, endMs, kind };
    return open;
  }

  flush(): ActivitySpan | null {
    const open = this.#open;
    this.#open = null;
    return open;
  }
}

/** All spans of `frames`, for short recordings. */
export function joinSpans(frames: Iterable<ActivitySpan>): ActivitySpan[] {
  const joiner = new SpanJoiner();
  const spans: ActivitySpan[] = [];
  for (const frame of frames) {
    const span = joiner.push(frame);
    if (span) spans.push(span);
  }
  const last = joiner.flush();
  if (last) spans.push(last);
  return spans;
}
