import { CueLayout, type LaidOutCue } from "./layout.ts";
import type { SubtitleOptions } from "./subtitle-options.ts";
import { formatTimestamp } from "./timestamp.ts";
import type { Cue } from "./types.ts";

export const vttHeader = "WEBVTT\n\n";

/** One WebVTT cue. `&` and `<` begin escapes and tags there, so text gets `&amp;` and `&lt;`. */
export function vttCue({ startMs, endMs, pieces }: LaidOutCue): string {
  const escaped = pieces.map(({ text, underlined }) => {
    const plain = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    return underlined ? `<u>${plain}</u>` : plain;
  });
  return `${formatTimestamp(startMs, ".")} --> ${formatTimestamp(endMs, ".")}\n${escaped.join("")}\n\n`;
}

/** WebVTT (https://www.w3.org/TR/webvtt1/). The first piece is the header, then one per cue. */
export function* renderVtt(cues: Iterable<Cue>, options: SubtitleOptions = {}): Generator<string> {
  yield vttHeader;
  const layout = new CueLayout(options);
  for (const cue of cues) for (const laidOut of layout.push(cue)) yield vttCue(laidOut);
  for (const laidOut of layout.finish()) yield vttCue(laidOut);
}
