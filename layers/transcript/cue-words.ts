import { cueText } from "./cue-text.ts";
import type { Cue, Word } from "./types.ts";
import { breaksAnywhere, displayWidth } from "./width.ts";

/** A word that can be put on a line: clean, with a single space before it or none. */
export type CueWord = { startMs: number; endMs: number; text: string; width: number };

const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/** The words of a segment as they were heard, or where it has none, its text cut up and timed by length. */
export function cueWords({ startMs, endMs, text, words }: Cue): { words: CueWord[]; heard: boolean } {
  if (words && words.length > 0) return { words: words.flatMap(cleanWord), heard: true };
  const units = splitText(cueText(text));
  const total = units.reduce((sum, unit) => sum + displayWidth(unit), 0) || 1;
  let columns = 0;
  const at = () => startMs + Math.round(((endMs - startMs) * columns) / total);
  const estimated = units.map((unit): CueWord => {
    const from = at();
    const width = displayWidth(unit);
    columns += width;
    return { startMs: from, endMs: at(), text: unit, width };
  });
  // A cue's text is trimmed; where it follows another on one line, a space belongs between them.
  const first = estimated[0];
  if (first && !breaksAnywhere(first.text)) estimated[0] = { ...first, text: ` ${first.text}`, width: first.width + 1 };
  return { words: estimated, heard: false };
}

function cleanWord({ startMs, endMs, text }: Word): CueWord[] {
  const clean = cueText(text);
  if (clean === "") return [];
  const spaced = /^\s/u.test(text) ? ` ${clean}` : clean;
  return [{ startMs, endMs, text: spaced, width: displayWidth(spaced) }];
}

/**
 * Where a line may break: before a space, and around characters of scripts that have none, though not before punctuation
 * that belongs to what stands before it, nor after an opening bracket. Combining characters stay with their base.
 *
 * @param text one line, as `cueText` leaves it
 */
export function splitText(text: string): string[] {
  const units: string[] = [];
  let breakable = true;
  // A space at the beginning of a unit, or a bracket, holds on to what follows it.
  let holds = false;
  for (const { segment } of segmenter.segment(text)) {
    const anywhere = breaksAnywhere(segment);
    const closes = /^[\p{Pe}\p{Pf}\p{Po}]/u.test(segment);
    const begins = segment === " " || ((anywhere || breakable) && !closes && !holds);
    if (units.length === 0 || begins) units.push(segment);
    else units[units.length - 1] += segment;
    breakable = anywhere || (breakable && closes);
    holds = segment === " " || /^[\p{Ps}\p{Pi}]/u.test(segment);
  }
  return units;
}
