import { CueLayout, type LaidOutCue } from "./layout.ts";
import type { SubtitleOptions } from "./subtitle-options.ts";
import { formatTimestamp } from "./timestamp.ts";
import type { Cue } from "./types.ts";

/** One SubRip cue: comma before the milliseconds, hours always. `<u>` is the only markup; SubRip knows no escapes. */
export function srtCue(number: number, { startMs, endMs, pieces }: LaidOutCue): string {
  const text = pieces.map((piece) => (piece.underlined ? `<u>${piece.text}</u>` : piece.text)).join("");
  return `${number}\n${formatTimestamp(startMs, ",")} --> ${formatTimestamp(endMs, ",")}\n${text}\n\n`;
}

/** SubRip, numbered from 1. One piece of text per cue. */
export function* renderSrt(cues: Iterable<Cue>, options: SubtitleOptions = {}): Generator<string> {
  const layout = new CueLayout(options);
  let number = 0;
  for (const cue of cues) for (const laidOut of layout.push(cue)) yield srtCue(++number, laidOut);
  for (const laidOut of layout.finish()) yield srtCue(++number, laidOut);
}
