import { deflateSync } from "node:zlib";
import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { beamCandidates } from "./beam.ts";
import { bestLanguage, type LanguageProbabilities, languageProbabilities, listen } from "./language.ts";
import { probabilityOf, seededRandom } from "./logits.ts";
import { sampleCandidates } from "./sampling.ts";
import { likeliest } from "./search.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type DecodeOptions = {
  task: "transcribe" | "translate";
  /** A code the checkpoint has; left out, the most probable is taken. */
  language?: string | undefined;
  /** What was heard in this window before, where it was decoded already; else it is heard now. */
  languages?: LanguageProbabilities | undefined;
  /** 0 takes the most probable tokens, more draws from the distribution. */
  temperature: number;
  /** Beam search with so many hypotheses, at temperature 0 only; default 1, which is greedy. */
  beamSize?: number | undefined;
  /** The beam search ends with `beamSize × patience` finished sequences; default 1. */
  patience?: number | undefined;
  /** Samples, above temperature 0 only, of which the likeliest is kept; default 1. */
  bestOf?: number | undefined;
  lengthPenalty?: number | undefined;
  /** Same seed, same draws. */
  seed: number;
  /** Text tokens said before this window; the last `maxTargetPositions / 2 − 1` are used. */
  prompt?: readonly number[] | undefined;
  signal?: AbortSignal | undefined;
};

/** One decoding of one window (`DecodingResult` of whisper/decoding.py). */
export type Decoding = {
  /** Sampled tokens, timestamps included, end-of-text not. */
  tokens: number[];
  text: string;
  temperature: number;
  /** Σ log p / (tokens + 1): end-of-text counts. */
  avgLogprob: number;
  /** UTF-8 bytes over zlib bytes; repetition makes it large. */
  compressionRatio: number;
  /** Softmax at start-of-transcript, before any filter. */
  noSpeechProb: number;
  /** True when the token limit came before end-of-text. */
  truncated: boolean;
  /** The language token used; undefined for checkpoints without. */
  language: string | undefined;
  languages: LanguageProbabilities;
};

/**
 * Decodes one encoded window (`DecodingTask.run`): prompt, start-of-transcript, language and task, then a search for tokens
 * until end-of-text, `maxTargetPositions / 2` of them, or the decoder's last position.
 *
 * @throws the signal's reason when aborted; MediaError `model.invalid` when the model gives no usable numbers.
 */
export async function decodeAudio(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  options: DecodeOptions,
): Promise<Decoding> {
  const { tokens: special, isMultilingual } = model.manifest;
  const { temperature, seed, beamSize = 1, patience, bestOf = 1, lengthPenalty, signal } = options;
  const prompt = previousText(model, options.prompt ?? []);
  using state = model.start(audio);

  // Two calls, because the no-speech and the language probabilities are read at start-of-transcript, before what follows it.
  let logits = await model.step(state, [...prompt, special.startOfTranscript]);
  const noSpeechProb = probabilityOf(logits, special.noSpeech);
  const { language, languages } = await chooseLanguage(model, audio, logits, options, prompt.length > 0);
  if (isMultilingual && language !== undefined) {
    logits = await model.step(state, [special.languages[language]!, special[options.task]]);
  }

  const start = { model, state, logits, signal };
  const count = temperature > 0 ? bestOf : 1;
  const candidates =
    temperature === 0 && beamSize > 1
      ? await beamCandidates(start, { beamSize, patience })
      : await sampleCandidates(start, {
          temperature,
          randoms: Array.from({ length: count }, (_, n) => seededRandom(mixSeed(seed, n))),
        });
  const { tokens, sumLogprob, truncated } = likeliest(candidates, lengthPenalty);

  const text = tokenizer.decode(tokens).trim();
  return {
    tokens,
    text,
    temperature,
    avgLogprob: sumLogprob / (tokens.length + 1),
    compressionRatio: compressionRatio(text),
    noSpeechProb,
    truncated,
    language,
    languages,
  };
}

/** `compression_ratio` of whisper/utils.py. */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text, "utf8");
  return bytes.length / deflateSync(bytes).length;
}

/** Independent draws for every n; multipliers are those of MurmurHash3. */
export function mixSeed(seed: number, n: number): number {
  return (Math.imul(seed | 0, 0x85ebca6b) ^ Math.imul(n, 0xc2b2ae35)) >>> 0;
}

/** `<|startofprev|>` and as much of the earlier text as may stand before a window (`_get_initial_tokens`). */
function previousText(model: SpeechModel, prompt: readonly number[]): number[] {
  if (prompt.length === 0) return [];
  return [model.manifest.tokens.startOfPrev, ...prompt.slice(-promptRoom(model.manifest))];
}

/** Tokens of earlier text that may stand before a window, `n_ctx // 2 - 1`: 223 for every published Whisper. */
export function promptRoom({ maxTargetPositions }: Pick<SpeechModel["manifest"], "maxTargetPositions">): number {
  return Math.floor(maxTargetPositions / 2) - 1;
}

async function chooseLanguage(
  model: SpeechModel,
  audio: AudioContext,
  logitsAtStart: Float32Array,
  options: DecodeOptions,
  prompted: boolean,
): Promise<{ language: string | undefined; languages: LanguageProbabilities }> {
  if (!model.manifest.isMultilingual) return { language: undefined, languages: {} };
  // A prompt in one language would bias the answer; the reference listens without it.
  const heard = () => (prompted ? listen(model, audio) : languageProbabilities(logitsAtStart, model.manifest));
  const languages = options.languages ?? (await heard());
  return { language: options.language ?? bestLanguage(languages), languages };
}
