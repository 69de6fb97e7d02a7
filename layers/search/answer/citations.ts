import type { JobId } from "../../core/index.ts";
import type { Passage } from "../passage.ts";

export type Citation = {
  /** As in the answer's text: `[1]`. */
  readonly number: number;
  readonly jobId: JobId;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
};

const marker = /\s?\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]/g;

/**
 * Checks an answer's citations: numbers of passages that were not there are taken out of the text, the others are renumbered in the
 * order of their first appearance.
 */
export function checkCitations(text: string, passages: readonly Passage[]): { text: string; citations: Citation[] } {
  const numbers = new Map<number, number>();
  const checked = text.replaceAll(marker, (whole, list: string) => {
    const space = /^\s/.test(whole) ? whole[0] : "";
    const known = list
      .split(",")
      .map(Number)
      .filter((number) => passages[number - 1] !== undefined);
    for (const number of known) if (!numbers.has(number)) numbers.set(number, numbers.size + 1);
    return known.length === 0 ? "" : `${space}${known.map((number) => `[${numbers.get(number)}]`).join("")}`;
  });
  const citations = [...numbers].map(([given, number]) => citationOf(passages[given - 1]!, number));
  return { text: checked.trim(), citations };
}

export const citationOf = ({ jobId, startMs, endMs, text }: Passage, number: number): Citation => ({
  number,
  jobId,
  startMs,
  endMs,
  text,
});
