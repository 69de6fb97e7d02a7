import { cueText } from "./cue-text.ts";
import type { Cue } from "./types.ts";

/** Plain text, one line per segment. */
export function* renderTxt(cues: Iterable<Pick<Cue, "text">>): Generator<string> {
  for (const { text } of cues) {
    const line = cueText(text);
    if (line !== "") yield `${line}\n`;
  }
}
