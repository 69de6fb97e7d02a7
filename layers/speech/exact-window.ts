import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { exactFeatures, type PcmSource } from "./exact-audio.ts";
import type { ExactOptions } from "./exact-checkpoint.ts";
import { windowFeatures } from "./features.ts";
import { describeLanguage, type LanguageProbabilities, languageThreshold, listen } from "./language.ts";
import { languageRuns, voicePieces } from "./language-runs.ts";

/** A window of the sequential loop, encoded. */
export type OpenWindow = Disposable & {
  audio: AudioContext;
  mel: Float32Array;
  /** Its end on the file's clock: before a change of language. */
  endMs: number;
  /** What it is decoded as; undefined for checkpoints without languages. */
  language: string | undefined;
  /** What was heard in it, where anybody listened. */
  languages?: LanguageProbabilities | undefined;
};

export type WindowInput = {
  model: SpeechModel;
  audio: PcmSource;
  melMaximum: number;
  options: ExactOptions;
};

export type KnownLanguages = {
  /** The language that was asked for. */
  given: string | undefined;
  /** What the file is decoded as. */
  fileLanguage: string | undefined;
  /** What the window before was decoded as. */
  lastLanguage?: string | undefined;
};

/** The language of the window before, at first the file's, holds until another one is this probable. */
const changeThreshold = 0.8;

/**
 * Encodes the window [startMs, endMs), and hears its language where the file may have several: nothing was given, and it is known where
 * speech is, or `multilingual` asks for it. A window never spans a change of language: the model would go on in the first, and leave
 * out or translate the second.
 */
export async function openWindow(
  input: WindowInput,
  { startMs, endMs }: { startMs: number; endMs: number },
  { given, fileLanguage, lastLanguage = fileLanguage }: KnownLanguages,
): Promise<OpenWindow> {
  const { model, options } = input;
  const whole = await encode(input, startMs, endMs);
  if (!model.manifest.isMultilingual || given !== undefined) return { ...whole, endMs, language: fileLanguage };
  using opened = new DisposableStack();
  opened.use(whole.audio);
  if (options.multilingual) {
    const languages = await listen(model, whole.audio);
    const { code } = describeLanguage(languages, undefined, languageThreshold);
    opened.move();
    return { ...whole, endMs, language: code === "und" ? fileLanguage : code, languages };
  }
  const first = await firstRun(input, whole.audio, { startMs, endMs });
  if (!first) {
    opened.move();
    return { ...whole, endMs, language: fileLanguage };
  }
  const { code, probabilities: languages } = first;
  const language = (languages[code] ?? 0) >= changeThreshold ? code : lastLanguage;
  const runEndMs = Math.min(endMs, startMs + Math.ceil(first.endMs / model.manifest.hopMs) * model.manifest.hopMs);
  if (runEndMs === endMs) {
    opened.move();
    return { ...whole, endMs, language, languages };
  }
  opened.dispose();
  return { ...(await encode(input, startMs, runEndMs)), endMs: runEndMs, language, languages };
}

async function encode({ model, audio, melMaximum }: WindowInput, startMs: number, endMs: number) {
  const { manifest } = model;
  const mel = await exactFeatures(audio, manifest, { startMs, endMs }, { melMaximum, filling: "zero" });
  const encoded = await model.encode(mel, manifest.maxFrames);
  return { mel, audio: encoded, [Symbol.dispose]: () => encoded[Symbol.dispose]() };
}

/** The language that the window begins in, and how far it goes; undefined where voice activity hears nobody, or was not asked. */
async function firstRun(
  { model, audio, options }: WindowInput,
  encoded: AudioContext,
  { startMs, endMs }: { startMs: number; endMs: number },
) {
  const inside = (options.speech ?? [])
    .filter(([from, to]) => to > startMs && from < endMs)
    .map(([from, to]) => [from - startMs, to - startMs] as const);
  const pieces = voicePieces(inside, endMs - startMs);
  if (pieces.length === 0) return undefined;
  const pcm = await audio.read(startMs, endMs);
  const features = windowFeatures(model.manifest);
  const [first] = await languageRuns({ model, audio: encoded, pcm, features, pieces, signal: options.signal });
  return first;
}
