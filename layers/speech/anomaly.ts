import type { SegmentWord, Wordable } from "./word-times.ts";

/** Punctuation that stands alone is no evidence. */
const marks = "\"'“¿([{-\"'.。,，!！?？:：”)]}、";
const wordsLookedAt = 8;
const edgeMs = 2_000;

/** `word_anomaly_score` of whisper/transcribe.py: very long, very short and improbable words are not spoken ones. */
function anomalyOf({ startMs, endMs, probability }: SegmentWord): number {
  const seconds = (endMs - startMs) / 1000;
  let score = probability < 0.15 ? 1 : 0;
  if (seconds < 0.133) score += (0.133 - seconds) * 15;
  if (seconds > 2) score += seconds - 2;
  return score;
}

/** `is_segment_anomaly`. */
export function isAnomalous(segment: Pick<Wordable, "words"> | undefined): boolean {
  if (!segment?.words?.length) return false;
  const words = segment.words.filter(({ text }) => !marks.includes(text)).slice(0, wordsLookedAt);
  const score = words.reduce((sum, word) => sum + anomalyOf(word), 0);
  return score >= 3 || score + 0.01 >= words.length;
}

export type SkipInput = {
  /** `hallucination_silence_threshold`. */
  thresholdMs: number;
  /** Where the decoded stretch begins, how much of it is real, and where a full window would end. */
  offsetMs: number;
  audioMs: number;
  windowEndMs: number;
  /** Where decoding would go on. */
  seekMs: number;
  /** The end of the whole recording. */
  contentEndMs: number;
  lastSpeechMs: number;
};

/** How many of the segments stay, and where decoding goes on. `retry`: nothing of this decoding counts. */
export type Skip = { kept: number; seekMs: number; retry: boolean };

/**
 * `hallucination_silence_threshold` of whisper/transcribe.py: leading silence before a first segment that may be made up is
 * skipped, and a made-up segment between silences (or other made-up ones) is dropped, to go on where it began.
 *
 * @param segments with words, in order, on the recording's clock
 */
export function skipMadeUpSpeech(segments: readonly Wordable[], input: SkipInput): Skip {
  const { thresholdMs, offsetMs, audioMs, windowEndMs, seekMs, contentEndMs, lastSpeechMs } = input;
  const withWords = (from: number) => segments.slice(from).find(({ words }) => words?.length);
  const first = withWords(0);
  if (first && isAnomalous(first)) {
    const gapMs = first.startMs - offsetMs;
    if (gapMs > thresholdMs) return { kept: 0, seekMs: offsetMs + toFrame(gapMs), retry: true };
  }

  let lastEndMs = lastSpeechMs;
  for (const [i, segment] of segments.entries()) {
    if (!segment.words?.length) continue;
    if (isAnomalous(segment)) {
      const next = withWords(i + 1);
      const nextStartMs = next?.words?.[0]?.startMs ?? offsetMs + audioMs;
      const silenceBefore =
        segment.startMs - lastEndMs > thresholdMs ||
        segment.startMs < thresholdMs ||
        segment.startMs - offsetMs < edgeMs;
      const silenceAfter =
        nextStartMs - segment.endMs > thresholdMs || isAnomalous(next) || windowEndMs - segment.endMs < edgeMs;
      if (silenceBefore && silenceAfter) {
        const again = toFrame(Math.max(offsetMs + 1_000, segment.startMs));
        const atEnd = contentEndMs - segment.endMs < thresholdMs;
        return { kept: i, seekMs: atEnd ? contentEndMs : again, retry: false };
      }
    }
    lastEndMs = segment.endMs;
  }
  return { kept: segments.length, seekMs, retry: false };
}

/** Whole mel frames of 10 ms. */
function toFrame(ms: number): number {
  return Math.round(ms / 10) * 10;
}
