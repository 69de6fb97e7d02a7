import { type Merged, SegmentCollector } from "./collect.ts";
import type { GivenTranscript } from "./given.ts";
import { spreadOverSpeech } from "./spread.ts";
import type { ActivitySpan, Cue } from "./types.ts";

type Options = { durationMs: number; activity: readonly ActivitySpan[] };

/**
 * Makes segments of a transcript that was given. Cues that overlap take turns: one ends where the next begins, and those
 * that begin together become one, so that no text is lost. Text without times is spread over the speech and marked
 * `times_estimated`. Cues after the audio's end are left out with a warning.
 */
export function mergeGiven(given: GivenTranscript, { durationMs, activity }: Options): Merged {
  const collector = new SegmentCollector();
  const { segments, notes } = collector;
  const file = { startMs: 0, endMs: durationMs };
  const estimated = given.untimed !== undefined && given.segments.length === 0;
  const cues = estimated ? spreadOverSpeech(given.untimed ?? [], activity, durationMs) : takeTurns(given.segments);
  for (const { startMs, endMs, text, words } of cues) {
    const evidence = { temperature: null, avgLogprob: null, compressionRatio: null, noSpeechProb: null };
    collector.add(
      {
        startMs,
        // A cue of no length was shown to somebody all the same.
        endMs: Math.max(endMs, startMs + 1),
        text,
        tokens: [],
        ...evidence,
        flags: estimated ? ["times_estimated"] : [],
        ...(words ? { words } : {}),
      },
      file,
      given.language ?? "und",
    );
  }
  return { segments, warnings: notes.lines, windows: [{ ...file, outcome: "ok", segments }], languages: [] };
}

/** @param cues in order of their beginnings */
function takeTurns(cues: readonly Cue[]): Cue[] {
  const turns: Cue[] = [];
  for (const cue of cues) {
    const last = turns.at(-1);
    if (last && last.startMs === cue.startMs) {
      // In place: a file whose cues all begin together would be copied once for every cue.
      if (last.words && cue.words) last.words.push(...cue.words);
      const words = cue.words && last.words;
      const both = { startMs: cue.startMs, endMs: Math.max(last.endMs, cue.endMs), text: `${last.text} ${cue.text}` };
      turns[turns.length - 1] = { ...both, ...(words ? { words } : {}) };
      continue;
    }
    if (last && last.endMs > cue.startMs) turns[turns.length - 1] = { ...last, endMs: cue.startMs };
    turns.push(cue.words ? { ...cue, words: [...cue.words] } : cue);
  }
  return turns;
}
