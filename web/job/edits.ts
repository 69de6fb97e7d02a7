import type { Transcript } from "../api/types.ts";

/**
 * New texts by where their segments begin, which a retry of what failed does not change. They stay in this browser: the job's own
 * transcript is what was recognised.
 */
export type Edits = Readonly<Record<number, string>>;

const nameOf = (jobId: string) => `halfgig.edits.${jobId}`;

export function readEdits(jobId: string): Edits {
  try {
    return JSON.parse(localStorage.getItem(nameOf(jobId)) ?? "{}") as Edits;
  } catch {
    return {};
  }
}

export function writeEdits(jobId: string, edits: Edits): void {
  try {
    if (Object.keys(edits).length === 0) localStorage.removeItem(nameOf(jobId));
    else localStorage.setItem(nameOf(jobId), JSON.stringify(edits));
  } catch {}
}

/**
 * The transcript with its texts replaced. Words that nobody timed are no words: an edited segment has none; nor is it in doubt any more.
 */
export function withEdits(transcript: Transcript, edits: Edits): Transcript {
  const segments = transcript.segments.flatMap((segment) => {
    const text = edits[segment.startMs];
    if (text === undefined || text === segment.text) return [segment];
    const { words: _, tokens: __, hallucination: ___, ...rest } = segment;
    return text.trim() === "" ? [] : [{ ...rest, tokens: [], text }];
  });
  return { ...transcript, segments };
}
