import { comparable } from "../transcript/index.ts";
import type { Decoding } from "./decode.ts";
import type { SpeechSpan } from "./options.ts";
import type { Stretch } from "./stretch.ts";
import { voicedMs } from "./voice-gaps.ts";
import type { WindowSegment } from "./window-segment.ts";

/** Less voice than this after the last word is not looked at again: a trailing breath, a timestamp that is a little early. */
export const minUnheardMs = 600;
/** Above this no-speech probability the model hears nobody, whatever it writes: "Thank you." came at 0.84 to 0.95. */
const maxNoSpeechProb = 0.8;
/** A likelier text outweighs a no-speech probability between the reference's threshold and that. */
const noSpeechThreshold = 0.6;
const likelyLogprob = -0.5;
/** Text below this mean log-probability is a guess, and was not asked for: the reference's threshold. */
const minLogprob = -1;
/** A voice says at least so many tokens a second (people say three to four), else some of it has no text. */
const minTokensPerSecond = 1.2;
/** The rate of a shorter stretch says nothing. */
const minRatedMs = 3_000;

/**
 * Whether what a second look found may be kept. The first decoding said that nobody speaks there, and voice activity says that somebody
 * does; the model's own evidence decides.
 */
export function isBelievable(
  { decoding, exhausted, silent }: Pick<Stretch, "exhausted" | "silent"> & { decoding: Evidence },
  before: string | undefined,
): boolean {
  const { noSpeechProb, avgLogprob, text } = decoding;
  if (silent || exhausted || avgLogprob < minLogprob || noSpeechProb > maxNoSpeechProb) return false;
  if (noSpeechProb > noSpeechThreshold && avgLogprob < likelyLogprob) return false;
  return before === undefined || comparable(text) !== comparable(before);
}

type Evidence = Pick<Decoding, "noSpeechProb" | "avgLogprob" | "text">;

/**
 * True where a segment has so few words for its voice that its times hide a hole: then its words are timed, and the hole shows.
 * @param tokens of text
 */
export function isSparse(
  { startMs, endMs, tokens }: { startMs: number; endMs: number; tokens: number },
  speech: readonly SpeechSpan[],
): boolean {
  const voiceMs = voicedMs(speech, startMs, endMs);
  return voiceMs >= minRatedMs && tokens < (minTokensPerSecond * voiceMs) / 1_000;
}

/** The segments of a second look, no longer than the gap that it looked at. */
export function insideGap(segments: readonly WindowSegment[], [startMs, endMs]: SpeechSpan): WindowSegment[] {
  const inside = (ms: number) => Math.min(Math.max(ms, startMs), endMs);
  return segments
    .map((segment) => ({
      ...segment,
      startMs: inside(segment.startMs),
      endMs: inside(segment.endMs),
      ...(segment.words && {
        words: segment.words.map((word) => ({ ...word, startMs: inside(word.startMs), endMs: inside(word.endMs) })),
      }),
    }))
    .filter((segment) => segment.endMs > segment.startMs);
}
