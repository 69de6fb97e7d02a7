import type { ActivitySpan, Hallucination, Segment } from "./types.ts";

/** So many segments back a repetition is noticed; from so many on it is a sign. People do say things three times. */
const rememberedTexts = 8;
const repeatsToNotice = 3;
/** Less speech than this in a segment is none. */
const leastVoiceShare = 0.1;

/**
 * Adds to the segments' evidence what no window can know of itself: how much of the segment voice activity calls speech,
 * and whether earlier windows said the same. It marks, in place, and never deletes: a chorus is repeated too, but voiced.
 * Text where voice activity heard no voice at all is flagged `outside_voice`, whatever made it.
 */
export function completeEvidence(segments: readonly Segment[], activity: readonly ActivitySpan[]): void {
  const voice = activity.filter(({ kind }) => kind === "speech").sort((a, b) => a.startMs - b.startMs);
  const recent: string[] = [];
  let first = 0;
  for (const segment of segments) {
    while (first < voice.length && voice[first]!.endMs <= segment.startMs) first++;
    let voicedMs = 0;
    for (let i = first; i < voice.length && voice[i]!.startMs < segment.endMs; i++) {
      voicedMs += Math.min(segment.endMs, voice[i]!.endMs) - Math.max(segment.startMs, voice[i]!.startMs);
    }
    if (voicedMs === 0) segment.flags = [...segment.flags, "outside_voice"];

    const text = comparable(segment.text);
    const repeats = recent.filter((earlier) => earlier === text).length;
    recent.push(text);
    if (recent.length > rememberedTexts) recent.shift();
    if (!segment.hallucination) continue;
    const voiceShare = Math.round((1_000 * voicedMs) / (segment.endMs - segment.startMs)) / 1_000;
    segment.hallucination = judge(segment.hallucination, voiceShare, repeats);
    if (segment.hallucination.verdict === "likely" && !segment.flags.includes("hallucination")) {
      segment.flags = [...segment.flags, "hallucination"];
    }
  }
}

/** `likely` takes several signs, and that nobody is heard speaking is one of them. */
function judge(inWindow: Hallucination, voiceShare: number, repeatsInFile: number): Hallucination {
  const repeats = Math.max(inWindow.repeats, repeatsInFile);
  const found = new Set(inWindow.signs);
  if (voiceShare < leastVoiceShare) found.add("no_voice");
  if (repeats >= repeatsToNotice) found.add("repeated");
  const signs = [...found];
  const unvoiced = found.has("no_speech") || found.has("no_voice");
  const verdict = signs.length === 0 ? "clear" : signs.length > 1 && unvoiced ? "likely" : "doubtful";
  return { verdict, signs, voiceShare, repeats };
}

/** Case, punctuation and spaces do not tell texts apart. Text without a letter or digit is compared as it is. */
export function comparable(text: string): string {
  const plain = text.toLowerCase().replace(/[^\p{L}\p{N}\p{M}]+/gu, " ");
  return plain.trim() || text;
}
