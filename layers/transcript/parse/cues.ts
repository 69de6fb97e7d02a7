import { cueText } from "../cue-text.ts";
import type { Cue } from "../types.ts";
import { breaksAnywhere } from "../width.ts";
import { invalid, limits, linesOf } from "./limits.ts";
import { srtText, vttText } from "./markup.ts";

type Open = { startMs: number; endMs: number; lines: string[] };

const clock = String.raw`(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?`;
const timing = new RegExp(String.raw`^\s{0,9}${clock}\s{0,9}-->\s{0,9}${clock}(?:\s.*)?$`);
const likeTiming = /^\s{0,9}\d{1,4}:\d{1,2}.{0,40}-->/;

/**
 * The cues of a SubRip or WebVTT file, as tolerant as real files need it: numbers may be missing, hours too, a comma may
 * be a dot, cues may touch without an empty line or have one inside (SubRip), be out of order, or overlap. Header,
 * comments, styles, regions and cue settings of WebVTT are passed over.
 *
 * @throws MediaError `transcript.invalid` with the line, for times that cannot be read or run backwards, or without a cue
 */
export function parseCues(format: "srt" | "vtt", text: string): Cue[] {
  const vtt = format === "vtt" || /^\s{0,9}WEBVTT\b/.test(text);
  const lines = linesOf(text);
  const cues: Cue[] = [];
  let open: Open | undefined;
  let found = 0;
  const close = () => {
    const cue = open && closed(open, vtt);
    if (cue) cues.push(cue);
    open = undefined;
  };

  for (const [i, line] of lines.entries()) {
    const times = timingOf(line, i + 1);
    if (times) {
      if (open) dropNumber(open.lines, found + 1);
      close();
      open = { ...times, lines: [] };
      if (++found > limits.segments) throw invalid(i + 1, `there are more than ${limits.segments} cues.`);
    } else if (vtt && line.trim() === "") close();
    else open?.lines.push(line);
  }
  close();
  if (found === 0) {
    throw invalid(
      1,
      `there is no cue, that is, no line such as "00:00:01${vtt ? "." : ","}000 --> 00:00:02${vtt ? "." : ","}000".`,
    );
  }
  return cues.sort((a, b) => a.startMs - b.startMs);
}

/** The number of the next cue stands after this one's text; an empty line may be missing before it, or follow it. */
function dropNumber(lines: string[], next: number): void {
  const last = lines.findLastIndex((line) => line.trim() !== "");
  const number = /^\s{0,9}(\d{1,9})\s{0,9}$/.exec(lines[last] ?? "")?.[1];
  if (number === undefined) return;
  const adjoins = last === lines.length - 1;
  const apart = last > 0 && lines[last - 1]?.trim() === "" && Number(number) === next;
  if (adjoins || apart) lines.length = last;
}

function timingOf(line: string, number: number): Pick<Open, "startMs" | "endMs"> | undefined {
  if (!line.includes("-->")) return undefined;
  const match = timing.exec(line);
  if (!match) {
    if (likeTiming.test(line)) throw invalid(number, "the times cannot be read.");
    return undefined;
  }
  const startMs = milliseconds(match.slice(1, 5));
  const endMs = milliseconds(match.slice(5, 9));
  if (endMs < startMs) throw invalid(number, "the cue ends before it begins.");
  return { startMs, endMs };
}

function milliseconds([hours = "0", minutes = "0", seconds = "0", fraction = "0"]: (string | undefined)[]): number {
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000 + Number(fraction.padEnd(3, "0"));
}

function closed({ startMs, endMs, lines }: Open, vtt: boolean): Cue | undefined {
  const text = joinLines(lines.map((line) => cueText(vtt ? vttText(line) : srtText(line))));
  return text === "" ? undefined : { startMs, endMs, text };
}

/** Lines were broken at a space, except in scripts that have none. */
function joinLines(lines: readonly string[]): string {
  let joined = "";
  for (const line of lines) {
    if (line === "") continue;
    const tight = breaksAnywhere([...joined.slice(-2)].at(-1) ?? "") && breaksAnywhere([...line.slice(0, 2)][0] ?? "");
    joined += joined === "" || tight ? line : ` ${line}`;
  }
  return cueText(joined);
}
