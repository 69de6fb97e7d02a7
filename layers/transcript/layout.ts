import { cueText } from "./cue-text.ts";
import { type CueWord, cueWords } from "./cue-words.ts";
import type { SubtitleOptions } from "./subtitle-options.ts";
import type { Cue } from "./types.ts";
import { breaksAnywhere, displayWidth } from "./width.ts";

/** A cue as it is written: pieces of text, one after the other, some of them underlined. A line feed is a piece of its own. */
export type LaidOutCue = { startMs: number; endMs: number; pieces: { text: string; underlined: boolean }[] };

/** Words this far apart, beginning to beginning, are never in one cue where segments share cues. */
const longPauseMs = 3_000;
/** Text without spaces says by no space where it may be parted: there a silence this long ends a cue, after a sentence a shorter one. */
const unspacedPauseMs = 1_000;
const sentencePauseMs = 300;
const sentenceEnd = /[。．！？!?]["'」』”’）)]*$/u;
/** A highlight stays on its word over a gap this short: words of one breath have gaps of 0.1 s. */
const heldMs = 200;

/**
 * Lays cues out as `SubtitlesWriter.iterate_result` of whisper/utils.py (v20250625) does. Segments go in one at a time,
 * cues come out as soon as they are complete, so that nothing grows with the transcript.
 *
 * It differs from the reference where that gives up: segments without words are broken at spaces (or between the
 * characters of scripts without spaces) and timed by length, width is counted in columns and not in characters, and
 * `maxWordsPerLine` holds together with `maxLineCount` too, and text without spaces is parted where its speaker pauses.
 */
export class CueLayout {
  readonly #options: SubtitleOptions;
  readonly #plain: boolean;
  readonly #joins: boolean;
  #lines: CueWord[][] = [];
  #lineWidth = 0;
  #last: CueWord | undefined;
  #heard = true;

  constructor(options: SubtitleOptions = {}) {
    const { maxLineWidth, maxLineCount, maxWordsPerLine, highlightWords } = options;
    this.#options = options;
    this.#plain = maxLineWidth === undefined && maxWordsPerLine === undefined && !highlightWords;
    this.#joins = maxLineCount !== undefined && maxLineWidth !== undefined;
  }

  /** The cues that this segment completes, to be taken before the next one goes in. */
  *push(segment: Cue): Generator<LaidOutCue> {
    if (this.#plain) {
      yield* plainCue(segment);
      return;
    }
    const { words, heard } = cueWords(segment);
    if (!this.#joins || heard !== this.#heard) yield* this.finish();
    this.#heard = heard;
    for (const word of words) {
      if (this.#continuesLine(word)) {
        this.#lines.at(-1)?.push(word);
        this.#lineWidth += word.width;
      } else {
        if (!this.#hasLine(word)) yield* this.finish();
        const first = { ...word, text: word.text.trimStart() };
        this.#lines.push([first]);
        this.#lineWidth = displayWidth(first.text);
      }
      this.#last = word;
    }
  }

  /** The last cue, when no more segments follow. */
  *finish(): Generator<LaidOutCue> {
    const lines = this.#lines;
    this.#lines = [];
    const first = lines[0]?.[0];
    const last = lines.at(-1)?.at(-1);
    if (!first || !last) return;
    if (this.#options.highlightWords && this.#heard) yield* highlighted(lines, whole(lines, first, last));
    else yield whole(lines, first, last);
  }

  #continuesLine(word: CueWord): boolean {
    const line = this.#lines.at(-1);
    if (line === undefined || this.#isFull(this.#joins ? [line] : this.#lines) || this.#pausesBefore(word))
      return false;
    return this.#lineWidth + word.width <= (this.#options.maxLineWidth ?? Number.POSITIVE_INFINITY);
  }

  /** True when the cue takes one more line, and the word on it. */
  #hasLine(word: CueWord): boolean {
    if (this.#joins) return !this.#pausesBefore(word) && this.#lines.length < (this.#options.maxLineCount ?? 1);
    return !this.#isFull(this.#lines);
  }

  #isFull(lines: readonly CueWord[][]): boolean {
    const { maxWordsPerLine } = this.#options;
    return maxWordsPerLine !== undefined && lines.reduce((sum, line) => sum + line.length, 0) >= maxWordsPerLine;
  }

  #pausesBefore({ startMs, text }: CueWord): boolean {
    const last = this.#last;
    if (!this.#joins || !last) return false;
    if (startMs - last.startMs > longPauseMs) return true;
    if (!this.#heard || !breaksAnywhere(text)) return false;
    return startMs - last.endMs >= (sentenceEnd.test(last.text) ? sentencePauseMs : unspacedPauseMs);
  }
}

function plainCue({ startMs, endMs, text }: Cue): LaidOutCue[] {
  const line = cueText(text);
  return line === "" ? [] : [{ startMs, endMs, pieces: [{ text: line, underlined: false }] }];
}

/** Nothing is shown for no time at all, though a word may have been heard in none. */
function whole(lines: CueWord[][], first: CueWord, last: CueWord): LaidOutCue {
  return { startMs: first.startMs, endMs: Math.max(last.endMs, first.startMs + 1), pieces: compose(lines) };
}

/**
 * While a word is spoken it is underlined; where words pause the cue stands as it is. One cue at a time: each holds all the words,
 * so that together they grow with the square of a segment's length.
 */
function* highlighted(lines: CueWord[][], unmarked: LaidOutCue): Generator<LaidOutCue> {
  const words = lines.flat();
  let shown = false;
  let atMs = unmarked.startMs;
  for (const [i, word] of words.entries()) {
    const startMs = Math.max(word.startMs, atMs);
    const nextMs = words[i + 1]?.startMs ?? word.endMs;
    const endMs = nextMs > word.endMs && nextMs - word.endMs <= heldMs ? nextMs : word.endMs;
    if (startMs > atMs) yield { startMs: atMs, endMs: startMs, pieces: compose(lines) };
    if (endMs > startMs) yield { startMs, endMs, pieces: compose(lines, word) };
    shown ||= Math.max(startMs, endMs) > atMs;
    atMs = Math.max(atMs, endMs);
  }
  if (!shown) yield unmarked;
}

function compose(lines: CueWord[][], spoken?: CueWord): LaidOutCue["pieces"] {
  const pieces: LaidOutCue["pieces"] = [];
  for (const line of lines) {
    if (pieces.length > 0) pieces.push({ text: "\n", underlined: false });
    for (const word of line) {
      // The space before a word is not part of what is underlined.
      const space = word.text.startsWith(" ") ? " " : "";
      if (space !== "") pieces.push({ text: space, underlined: false });
      pieces.push({ text: word.text.slice(space.length), underlined: word === spoken });
    }
  }
  return withoutArrows(pieces);
}

/** An arrow may be put together from several words; it loses its dashes but the last, as `cueText` does it. */
function withoutArrows(pieces: LaidOutCue["pieces"]): LaidOutCue["pieces"] {
  const text = pieces.map((piece) => piece.text).join("");
  if (!text.includes("-->")) return pieces;
  const drop = new Set<number>();
  for (const { index, 0: arrow } of text.matchAll(/(?<!-)-{2,}>/g)) {
    for (let i = index; i < index + arrow.length - 2; i++) drop.add(i);
  }
  let at = 0;
  return pieces.map(({ text: piece, underlined }) => {
    let kept = "";
    for (let i = 0; i < piece.length; i++, at++) if (!drop.has(at)) kept += piece[i];
    return { text: kept, underlined };
  });
}
