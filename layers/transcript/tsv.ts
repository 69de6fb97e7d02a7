import { cueText } from "./cue-text.ts";
import type { Cue } from "./types.ts";

/** Tab-separated `start`, `end` (whole milliseconds) and `text`, with a header (`WriteTSV` of whisper/utils.py). */
export function* renderTsv(cues: Iterable<Cue>): Generator<string> {
  yield "start\tend\ttext\n";
  for (const { startMs, endMs, text } of cues) {
    const line = cueText(text);
    if (line !== "") yield `${Math.round(startMs)}\t${Math.round(endMs)}\t${line}\n`;
  }
}
