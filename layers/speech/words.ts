import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { tokenPositions } from "./alignment.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { mergePunctuation, splitWords } from "./word-split.ts";
import { placeWords, shortenAtSentenceEnds, type TimedWord, type Wordable, wordLengths } from "./word-times.ts";

export type WordOptions = {
  task: "transcribe" | "translate";
  /** What the segments were decoded as; decides how text divides into words. */
  language: string | undefined;
  /** Where the encoded audio lies on the segments' clock, and how much of it is real. */
  offsetMs: number;
  audioMs: number;
  /** The end of the last word before this audio. */
  lastSpeechMs: number;
};

/**
 * Gives the segments of one decoding their words (`add_word_timestamps` of whisper/timing.py), in place: a teacher-forced
 * pass over start sequence, no-timestamps, text and end-of-text, whose cross-attention says where each token is.
 *
 * @returns the end of the last word, for the next call
 * @throws MediaError `model.invalid` where the checkpoint has no alignment heads
 */
export async function addWords(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  segments: readonly Wordable[],
  options: WordOptions,
): Promise<number> {
  const { endOfText } = model.manifest.tokens;
  const text = segments.flatMap(({ tokens }) => tokens.filter((token) => token < endOfText));
  const words = await findWords(model, tokenizer, audio, text, options);
  const lengths = wordLengths(words);
  shortenAtSentenceEnds(words);
  mergePunctuation(words);
  const { offsetMs, audioMs, lastSpeechMs } = options;
  return placeWords(segments, words, lengths, {
    offsetMs,
    audioEndMs: offsetMs + audioMs,
    lastSpeechMs,
    endOfText,
  });
}

/** `find_alignment` of whisper/timing.py: times from the beginning of the encoded audio. */
export async function findWords(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  text: readonly number[],
  { task, language, audioMs }: Pick<WordOptions, "task" | "language" | "audioMs">,
): Promise<TimedWord[]> {
  if (text.length === 0) return [];
  const { tokens: special, isMultilingual, hopMs } = model.manifest;
  const start = [special.startOfTranscript];
  if (isMultilingual && language !== undefined) start.push(special.languages[language]!, special[task]);
  const alignment = await model.align(audio, [...start, special.noTimestamps, ...text, special.endOfText]);

  const positionMs = hopMs * 2;
  const at = tokenPositions(alignment, start.length, Math.floor(audioMs / positionMs));
  let from = 0;
  return splitWords(tokenizer, text, language).map((word) => {
    const to = from + word.tokens.length;
    // P(text[i]) stands where its predecessor was fed: text[0]'s behind the start sequence, at no-timestamps.
    const probabilities = alignment.probabilities.subarray(start.length + from, start.length + to);
    const probability = probabilities.reduce((sum, p) => sum + p, 0) / word.tokens.length;
    const timed = { ...word, startMs: at[from]! * positionMs, endMs: at[to]! * positionMs, probability };
    from = to;
    return timed;
  });
}
