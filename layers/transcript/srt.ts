import { cueText } from "./cue-text.ts";
import { formatTimestamp } from "./timestamp.ts";
import type { Cue } from "./types.ts";

/** SubRip: numbered from 1, comma before the milliseconds, hours always. One piece of text per cue. */
export function* renderSrt(cues: Iterable<Cue>): Generator<string> {
  let number = 0;
  for (const { startMs, endMs, text } of cues) {
    const line = cueText(text);
    if (line === "") continue;
    yield `${++number}\n${formatTimestamp(startMs, ",")} --> ${formatTimestamp(endMs, ",")}\n${line}\n\n`;
  }
}
