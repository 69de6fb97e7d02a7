import { deflateSync } from "node:zlib";
import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { bestLanguage, detectLanguage, type LanguageProbabilities, languageProbabilities } from "./language.ts";
import { chooseToken, probabilityOf, seededRandom } from "./logits.ts";
import { decodingRules } from "./rules.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type DecodeOptions = {
  task: "transcribe" | "translate";
  /** A code the checkpoint has; left out, the most probable is taken. */
  language?: string | undefined;
  /** 0 takes the most probable token each time, more draws from the distribution. */
  temperature: number;
  /** Same seed, same draws. */
  seed: number;
  /** Text tokens said before this window; the last `maxTargetPositions / 2 − 1` are used. */
  prompt?: readonly number[];
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
 * Decodes one encoded window (`DecodingTask.run` with `GreedyDecoder`): prompt, start-of-transcript, language and task,
 * then tokens until end-of-text, `maxTargetPositions / 2` of them, or the decoder's last position.
 *
 * @throws the signal's reason when aborted; MediaError `model.invalid` when the model gives no usable numbers.
 */
export async function decodeAudio(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  options: DecodeOptions,
): Promise<Decoding> {
  const { tokens: special, maxTargetPositions, isMultilingual } = model.manifest;
  const prompt = previousText(model, options.prompt ?? []);
  using state = model.start(audio);

  // Two calls, because the no-speech and the language probabilities are read at start-of-transcript, before what follows it.
  let positions = prompt.length + 1;
  let logits = await model.step(state, [...prompt, special.startOfTranscript]);
  const noSpeechProb = probabilityOf(logits, special.noSpeech);
  const { language, languages } = await chooseLanguage(model, audio, logits, options, prompt.length > 0);
  if (isMultilingual && language !== undefined) {
    logits = await model.step(state, [special.languages[language]!, special[options.task]]);
    positions += 2;
  }

  const applyRules = decodingRules(model.manifest);
  const random = seededRandom(options.seed);
  const sampleLength = Math.floor(maxTargetPositions / 2);
  const sampled: number[] = [];
  let sumLogprob = 0;
  let truncated = false;
  for (;;) {
    options.signal?.throwIfAborted();
    applyRules(logits, sampled);
    const { token, logprob } = chooseToken(logits, options.temperature, random);
    sumLogprob += logprob;
    if (token === special.endOfText) break;
    sampled.push(token);
    if (sampled.length >= sampleLength || positions >= maxTargetPositions) {
      truncated = true;
      break;
    }
    logits = await model.step(state, [token]);
    positions += 1;
  }

  const text = tokenizer.decode(sampled).trim();
  return {
    tokens: sampled,
    text,
    temperature: options.temperature,
    avgLogprob: sumLogprob / (sampled.length + 1),
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

/** `<|startofprev|>` and as much of the earlier text as may stand before a window (`_get_initial_tokens`). */
function previousText(model: SpeechModel, prompt: readonly number[]): number[] {
  if (prompt.length === 0) return [];
  const { tokens, maxTargetPositions } = model.manifest;
  return [tokens.startOfPrev, ...prompt.slice(-(Math.floor(maxTargetPositions / 2) - 1))];
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
  const listenAgain = prompted && options.language === undefined;
  const languages = listenAgain
    ? await detectLanguage(model, audio)
    : languageProbabilities(logitsAtStart, model.manifest);
  return { language: options.language ?? bestLanguage(languages), languages };
}
