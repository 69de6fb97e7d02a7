import type { Segment } from "./types.ts";

/** Whether lines are printed that nobody is believed to have said: the job's option `keepDoubtful`. */
export type PrintChoice = { keepDoubtful?: boolean | undefined };

/**
 * Whether people get to read a segment: in subtitles, plain text, the page and the search index. One that is judged `likely` invented is
 * in the JSON only (`hallucination.verdict`), where it stays marked. This is the one home of that rule.
 */
export function isPrinted(
  { hallucination }: Pick<Segment, "hallucination">,
  { keepDoubtful = false }: PrintChoice = {},
): boolean {
  return keepDoubtful || hallucination?.verdict !== "likely";
}

/** The segments that people get to read, in order. */
export function printedSegments<T extends Pick<Segment, "hallucination">>(
  segments: readonly T[],
  choice: PrintChoice = {},
): T[] {
  return segments.filter((segment) => isPrinted(segment, choice));
}
