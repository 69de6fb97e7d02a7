import type { Segment } from "../transcript/index.ts";

/** A pause after which nobody would say that a sentence goes on. */
const longPauseMs = 2000;

/** Scripts that put no space between words. */
export const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

type Stretch = { readonly offset: number; readonly end: number; readonly startMs: number; readonly endMs: number };

/** The text of consecutive segments as one string, in which every character has a time. */
export class SpokenText {
  readonly text: string;
  /** Words where they are known, else whole segments; in order, without overlap. */
  readonly #stretches: readonly Stretch[];

  constructor(segments: readonly Segment[]) {
    let text = "";
    let lastMs: number | undefined;
    const stretches: Stretch[] = [];
    const append = (words: string, startMs: number, endMs: number) => {
      const offset = text.length;
      text += words;
      stretches.push({ offset, end: text.length, startMs, endMs });
    };
    for (const segment of segments) {
      const { startMs, endMs } = segment;
      if (lastMs !== undefined) text += startMs - lastMs >= longPauseMs ? "\n" : separator(text, segment.text);
      lastMs = endMs;
      const words = segment.words?.filter((word) => word.text !== "") ?? [];
      const spelled = words.map((word) => word.text).join("");
      if (words.length > 0 && spelled.trim() === segment.text.trim()) {
        for (const word of words) append(word.text, word.startMs, word.endMs);
      } else append(segment.text, startMs, endMs);
    }
    this.text = text;
    this.#stretches = stretches;
  }

  /** When the characters from `offset` to `end` were spoken; `offset < end`. */
  range(offset: number, end: number): { startMs: number; endMs: number } {
    const startMs = this.#at(offset, "start");
    return { startMs, endMs: Math.max(startMs, this.#at(end, "end")) };
  }

  #at(offset: number, side: "start" | "end"): number {
    const stretches = this.#stretches;
    let low = 0;
    let high = stretches.length - 1;
    // The last stretch that begins before the character (at it, for a start).
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const { offset: begin } = stretches[middle]!;
      if (side === "start" ? begin <= offset : begin < offset) low = middle;
      else high = middle - 1;
    }
    const stretch = stretches[low];
    if (!stretch) return 0;
    const length = stretch.end - stretch.offset;
    const share = length === 0 ? 0 : Math.min(1, Math.max(0, (offset - stretch.offset) / length));
    return Math.round(stretch.startMs + share * (stretch.endMs - stretch.startMs));
  }
}

function separator(before: string, after: string): string {
  if (/\s$/.test(before) || /^\s/.test(after)) return "";
  return unspaced.test(before.slice(-1)) && unspaced.test(after.slice(0, 1)) ? "" : " ";
}
