import { MediaError } from "../../core/index.ts";
import { cueText } from "../cue-text.ts";
import type { GivenFormat, GivenTranscript } from "../given.ts";
import { parseCues } from "./cues.ts";
import { parseJson } from "./json.ts";
import { invalid, limits, linesOf } from "./limits.ts";

/**
 * Reads a transcript that somebody has already. SubRip and WebVTT as players read them; JSON of halfgig, of the whisper
 * command and of the service's `verbose_json`; plain text, whose lines have no times yet. Time is linear in the text.
 *
 * @param text at most 5 Mi characters, with or without a byte order mark
 * @throws MediaError `transcript.invalid`, which names the line
 */
export function parseTranscript(format: GivenFormat, text: string): GivenTranscript {
  if (text.length > limits.characters) {
    throw new MediaError(
      "transcript.invalid",
      `The transcript has ${text.length} characters, and at most ${limits.characters} are read. Send a shorter one.`,
    );
  }
  const body = text.replace(/^\ufeff/, "");
  const given = read(format, body);
  const untimed = given.untimed?.map(cueText).filter((line) => line !== "");
  if (untimed && untimed.length > limits.segments) {
    throw invalid(limits.segments + 1, `there are more than ${limits.segments} lines of text.`);
  }
  if (given.segments.length === 0 && (untimed ?? []).length === 0) {
    throw new MediaError("transcript.invalid", "The transcript has no text. Send one that has, or none at all.");
  }
  return { ...given, ...(untimed ? { untimed } : {}) };
}

function read(format: GivenFormat, text: string): GivenTranscript {
  if (format === "json") return parseJson(text);
  if (format === "txt") return { segments: [], untimed: linesOf(text) };
  return { segments: parseCues(format, text) };
}
