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
 * Checks an answer's citations while it is written: numbers of passages that were not there are taken out of the text, the others are
 * renumbered in the order of their first appearance. What could become a number with the next piece waits for it, so what was let
 * through is final: all of it together is the checked answer.
 */
export class CitationChecker {
  readonly #passages: readonly Passage[];
  readonly #numbers = new Map<number, number>();
  #waiting = "";
  /** White space that is part of the answer only if something follows. */
  #space = "";
  #begun = false;

  constructor(passages: readonly Passage[]) {
    this.#passages = passages;
  }

  /** @returns what of the answer is certain now; often nothing */
  push(piece: string): string {
    const text = this.#waiting + piece;
    const certain = certainLength(text);
    this.#waiting = text.slice(certain);
    return this.#let(text.slice(0, certain));
  }

  /** @returns the rest, when nothing more comes */
  end(): string {
    const rest = this.#let(this.#waiting);
    this.#waiting = "";
    return rest;
  }

  /** Of what was let through so far. */
  get citations(): Citation[] {
    return [...this.#numbers].map(([given, number]) => citationOf(this.#passages[given - 1]!, number));
  }

  #let(text: string): string {
    const numbers = this.#numbers;
    const checked = text.replaceAll(marker, (whole, list: string) => {
      const space = /^\s/.test(whole) ? whole[0] : "";
      const known = list
        .split(",")
        .map(Number)
        .filter((number) => this.#passages[number - 1] !== undefined);
      for (const number of known) if (!numbers.has(number)) numbers.set(number, numbers.size + 1);
      return known.length === 0 ? "" : `${space}${known.map((number) => `[${numbers.get(number)}]`).join("")}`;
    });
    const written = checked.trimEnd();
    const before = this.#begun ? this.#space : "";
    if (written.trim() === "") {
      this.#space += checked;
      return "";
    }
    this.#space = checked.slice(written.length);
    const first = !this.#begun;
    this.#begun = true;
    return before + (first ? written.trimStart() : written);
  }
}

/** How much of the text cannot change any more: not the beginning of a marker at its end, nor the white space before it. */
function certainLength(text: string): number {
  let end = text.length;
  const open = text.lastIndexOf("[");
  if (open >= 0 && /^\[[\d\s,]*$/.test(text.slice(open))) end = open;
  while (end > 0 && /\s/.test(text[end - 1]!)) end--;
  return end;
}

/** The checks of CitationChecker for an answer that is written. */
export function checkCitations(text: string, passages: readonly Passage[]): { text: string; citations: Citation[] } {
  const checker = new CitationChecker(passages);
  const checked = checker.push(text) + checker.end();
  return { text: checked, citations: checker.citations };
}

export const citationOf = ({ jobId, startMs, endMs, text }: Passage, number: number): Citation => ({
  number,
  jobId,
  startMs,
  endMs,
  text,
});
