import type { ActivitySpan, Hallucination, Segment, Span } from "./types.ts";
import { comparable, minVoiceShare, rememberedTexts, repeatsToNotice, verdictOf } from "./verdict.ts";

/**
 * Adds to the segments' evidence what no window can know of itself: how much of the segment voice activity calls speech,
 * and whether earlier windows said the same. It marks, in place, and never deletes: a chorus is repeated too, but voiced.
 * Text where voice activity heard no voice at all is flagged `outside_voice`, whatever made it.
 */
export function completeEvidence(segments: readonly Segment[], activity: readonly ActivitySpan[]): void {
  const voice = activity.filter(({ kind }) => kind === "speech").sort((a, b) => a.startMs - b.startMs);
  new EvidenceOfFile().complete(segments, voice);
}

/** The same, some segments at a time: it remembers what was said before. */
export class EvidenceOfFile {
  readonly #recent: string[] = [];

  /**
   * @param segments in order, after those of the call before
   * @param voice where voice activity heard speech, in order, as far as these segments go
   */
  complete(segments: readonly Segment[], voice: readonly Span[]): void {
    let first = 0;
    for (const segment of segments) {
      while (first < voice.length && voice[first]!.endMs <= segment.startMs) first++;
      let voicedMs = 0;
      for (let i = first; i < voice.length && voice[i]!.startMs < segment.endMs; i++) {
        voicedMs += Math.min(segment.endMs, voice[i]!.endMs) - Math.max(segment.startMs, voice[i]!.startMs);
      }
      if (voicedMs === 0) segment.flags = [...segment.flags, "outside_voice"];

      const text = comparable(segment.text);
      const repeats = this.#recent.filter((earlier) => earlier === text).length;
      this.#recent.push(text);
      if (this.#recent.length > rememberedTexts) this.#recent.shift();
      if (!segment.hallucination) continue;
      const voiceShare = Math.round((1_000 * voicedMs) / (segment.endMs - segment.startMs)) / 1_000;
      segment.hallucination = judge(segment.hallucination, voiceShare, repeats);
      if (segment.hallucination.verdict === "likely" && !segment.flags.includes("hallucination")) {
        segment.flags = [...segment.flags, "hallucination"];
      }
    }
  }
}

function judge(inWindow: Hallucination, voiceShare: number, repeatsInFile: number): Hallucination {
  const repeats = Math.max(inWindow.repeats, repeatsInFile);
  const found = new Set(inWindow.signs);
  if (voiceShare < minVoiceShare) found.add("no_voice");
  if (repeats >= repeatsToNotice) found.add("repeated");
  const signs = [...found];
  return { verdict: verdictOf(signs), signs, voiceShare, repeats };
}
