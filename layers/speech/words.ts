import type { SoundLevels } from "../audio/index.ts";
import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { quantilePosition, tokenAttention } from "./alignment.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { type HeardWord, placeAtVoice } from "./voiced-words.ts";
import { mergePunctuation, splitWords } from "./word-split.ts";
import { placeWords, shortenAtSentenceEnds, type Wordable, wordLengths } from "./word-times.ts";

export type WordOptions = {
  task: "transcribe" | "translate";
  /** What the segments were decoded as; decides how text divides into words. */
  language: string | undefined;
  /** Where the encoded audio lies on the segments' clock, and how much of it is real. */
  offsetMs: number;
  audioMs: number;
  /** The end of the last word before this audio. */
  lastSpeechMs: number;
  /** How loud the encoded audio is, in steps of 10 ms from its beginning; see `melLevels`. Left out, attention alone decides. */
  levels?: SoundLevels | undefined;
};

/**
 * Gives the segments of one decoding their words, in place: a teacher-forced pass over start sequence, no-timestamps, text and
 * end-of-text, whose cross-attention says where each token is. `words` and the segments' times become those of
 * `add_word_timestamps` of whisper/timing.py, by which the reference's loop goes on; `spoken` says where the words are heard.
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
  const { offsetMs, audioMs, lastSpeechMs, levels } = options;
  const audioEndMs = offsetMs + audioMs;
  const lastEndMs = placeWords(segments, words, lengths, { offsetMs, audioEndMs, lastSpeechMs, endOfText });
  placeAtVoice(segments, words, { offsetMs, audioEndMs, levels });
  return lastEndMs;
}

/**
 * Encoder positions around a word in which its attention is believed: some of it lies elsewhere, on the same word said again. The pause
 * after a word may be longer than the word.
 */
const attentionMargin = 5;
const attentionAfter = 40;
/**
 * A word begins where half of the attention to its first token lies before, and ends where this much of that to its successor does.
 * Measured on sentences in eight languages with known times, and on digits joined with known pauses (median 0.02 s off).
 */
const startShare = 0.5;
const endShare = 0.12;

/** `find_alignment` of whisper/timing.py: times from the beginning of the encoded audio. */
export async function findWords(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  text: readonly number[],
  { task, language, audioMs }: Pick<WordOptions, "task" | "language" | "audioMs">,
): Promise<HeardWord[]> {
  if (text.length === 0) return [];
  const { tokens: special, isMultilingual, hopMs } = model.manifest;
  const start = [special.startOfTranscript];
  if (isMultilingual && language !== undefined) start.push(special.languages[language]!, special[task]);
  const alignment = await model.align(audio, [...start, special.noTimestamps, ...text, special.endOfText]);

  const positionMs = hopMs * 2;
  const attention = tokenAttention(alignment, start.length, Math.floor(audioMs / positionMs));
  const at = attention.starts;
  let from = 0;
  return splitWords(tokenizer, text, language).map((word) => {
    const to = from + word.tokens.length;
    const [first, last] = [at[from]!, at[to]!];
    const starting = { from: first - attentionMargin, to: last + attentionMargin, share: startShare };
    const ending = { from: last - attentionMargin, to: last + attentionAfter, share: endShare };
    // P(text[i]) stands where its predecessor was fed: text[0]'s behind the start sequence, at no-timestamps.
    const probabilities = alignment.probabilities.subarray(start.length + from, start.length + to);
    const probability = probabilities.reduce((sum, p) => sum + p, 0) / word.tokens.length;
    const timed = {
      ...word,
      startMs: first * positionMs,
      endMs: last * positionMs,
      heardStartMs: quantilePosition(attention, from, starting) * positionMs,
      heardEndMs: quantilePosition(attention, to, ending) * positionMs,
      probability,
    };
    from = to;
    return timed;
  });
}
