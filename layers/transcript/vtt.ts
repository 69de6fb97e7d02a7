import { cueText } from "./cue-text.ts";
import { formatTimestamp } from "./timestamp.ts";
import type { Cue } from "./types.ts";

/**
 * WebVTT (https://www.w3.org/TR/webvtt1/). `&` and `<` begin escapes and tags there, so text gets `&amp;` and `&lt;`.
 * The first piece is the header, then one per cue.
 */
export function* renderVtt(cues: Iterable<Cue>): Generator<string> {
  yield "WEBVTT\n\n";
  for (const { startMs, endMs, text } of cues) {
    const line = cueText(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    if (line === "") continue;
    yield `${formatTimestamp(startMs, ".")} --> ${formatTimestamp(endMs, ".")}\n${line}\n\n`;
  }
}
