/**
 * Text as a cue can hold it: one line, well-formed Unicode, no control characters, and never the arrow that separates the
 * times (`-->`, however many dashes), which the reference replaces by `->` too. Arrows are looked for where dashes begin,
 * so that a line of dashes costs no more than any other.
 */
export function cueText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/(?<!-)-{2,}>/g, "->")
    .trim();
}
