/** Speech; energetic sound that is not like speech (music, hum, noise); or nothing that can be heard over the room. */
export type ActivityKind = "speech" | "other" | "silence";

/** One decision about a few milliseconds. `levelDb` is the power in dBFS without DC. */
export type ActivityFrame = { startMs: number; endMs: number; kind: ActivityKind; levelDb: number };

/** A stretch of one kind. Spans of one recording follow one another without gap or overlap, from 0. */
export type ActivitySpan = { startMs: number; endMs: number; kind: ActivityKind };

/** Joins frames of one kind into spans. Keeps one open span and no more. */
export class SpanJoiner {
  #open: ActivitySpan | null = null;

  /** The span that `frame` ended, if it did. */
  push({ startMs, endMs, kind }: ActivityFrame): ActivitySpan | null {
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
export function joinSpans(frames: Iterable<ActivityFrame>): ActivitySpan[] {
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
