import type { SpeechModel } from "../inference/index.ts";
import { type Features, windowFeatures } from "./features.ts";
import {
  describeLanguage,
  type LanguageProbabilities,
  languageProbabilities,
  languageThreshold,
  type WindowLanguage,
} from "./language.ts";
import { probabilityOf } from "./logits.ts";
import type { SpeechSpan } from "./options.ts";
import { isSilence } from "./silence.ts";
import { windowLengthMs } from "./transcribe-window.ts";

/** So many windows are listened to for the language of a file. */
export const languageWindowCount = 4;
/** A window with less speech is passed over, as long as there are others. */
const leastSpeechMs = 500;

/**
 * The windows to hear a file's language in: the first ones that voice activity detection calls speech, never leading silence or
 * a ring tone. Without any speech it is the beginning of the file, as in the reference.
 * @param speech in order, without overlap
 */
export function chooseLanguageWindows(
  speech: readonly SpeechSpan[],
  { windowMs, durationMs, count = languageWindowCount }: { windowMs: number; durationMs: number; count?: number },
): SpeechSpan[] {
  const windows: { span: SpeechSpan; speechMs: number }[] = [];
  let startMs = 0;
  let endMs = 0;
  for (const [from, to] of speech) {
    for (let at = Math.max(from, 0); at < Math.min(to, durationMs); at = endMs) {
      if (at >= endMs || windows.length === 0) {
        startMs = at;
        endMs = Math.min(startMs + windowMs, durationMs);
        windows.push({ span: [startMs, endMs], speechMs: 0 });
      }
      windows.at(-1)!.speechMs += Math.min(to, endMs) - at;
      if (to <= endMs) break;
    }
    if (windows.filter(({ speechMs }) => speechMs >= leastSpeechMs).length > count) break;
  }
  const spoken = windows.filter(({ speechMs }) => speechMs >= leastSpeechMs);
  const chosen = (spoken.length > 0 ? spoken : windows.slice(0, 1)).slice(0, count).map(({ span }) => span);
  return chosen.length > 0 ? chosen : [[0, Math.min(windowMs, durationMs)]];
}

/**
 * One language out of several windows: what the majority of the confident ones say, by their summed probability where votes are
 * equal. Where none is confident the answer is `und`, decoded as the best on average.
 */
export function majorityLanguage(
  windows: readonly LanguageProbabilities[],
  threshold: number = languageThreshold,
): WindowLanguage {
  const mean = averageOf(windows);
  const votes = new Map<string, { count: number; total: number }>();
  for (const probabilities of windows) {
    const { code, probability } = describeLanguage(probabilities, undefined, threshold);
    if (code === "und" || Object.keys(probabilities).length === 0) continue;
    const vote = votes.get(code) ?? { count: 0, total: 0 };
    votes.set(code, { count: vote.count + 1, total: vote.total + probability });
  }
  const [winner] = [...votes].sort(([, a], [, b]) => b.count - a.count || b.total - a.total);
  const average = describeLanguage(mean, undefined, threshold);
  if (average.source === "model") return average;
  if (!winner) return { ...average, code: "und" };
  const [code, { count, total }] = winner;
  return { ...average, code, decodedAs: code, probability: total / count };
}

function averageOf(windows: readonly LanguageProbabilities[]): LanguageProbabilities {
  const sum: LanguageProbabilities = {};
  for (const probabilities of windows) {
    for (const [code, probability] of Object.entries(probabilities)) {
      sum[code] = (sum[code] ?? 0) + probability / windows.length;
    }
  }
  return sum;
}

export type DetectOptions = {
  signal?: AbortSignal | undefined;
  /** How audio becomes features; default {@link windowFeatures}, which pads with the mel of silence. */
  features?: Features | undefined;
  /** Below this probability the answer is `und`; default {@link languageThreshold}. */
  threshold?: number | undefined;
};

/** What the task `language` says of one window; it has the shape of a transcript without text. */
export type HeardWindow = {
  language: WindowLanguage;
  noSpeechProb: number;
  /** True when the model hears no speech: then the language is `und`. */
  silent: boolean;
  segments: [];
  dropped: [];
  attempts: [];
};

/**
 * Hears the language of one window without decoding it: one encoding and one decoder step.
 * @throws MediaError `request.invalid` for a window that is empty or too long
 */
export async function detectWindowLanguage(
  model: SpeechModel,
  pcm: Float32Array,
  options: DetectOptions = {},
): Promise<HeardWindow> {
  const { manifest } = model;
  windowLengthMs(pcm, manifest);
  options.signal?.throwIfAborted();
  const mel = (options.features ?? windowFeatures(manifest))(pcm);
  using audio = await model.encode(mel, mel.length / manifest.melBins);
  using state = model.start(audio);
  const logits = await model.step(state, [manifest.tokens.startOfTranscript]);
  const noSpeechProb = probabilityOf(logits, manifest.tokens.noSpeech);
  const language = describeLanguage(languageProbabilities(logits, manifest), undefined, options.threshold);
  // Nothing is decoded, so there is no text whose probability could contradict the no-speech token.
  const silent = isSilence({ noSpeechProb, avgLogprob: -Infinity });
  if (silent && language.source === "detected") language.code = "und";
  return { language, noSpeechProb, silent, segments: [], dropped: [], attempts: [] };
}

/**
 * The task "language only": hears every window, and decides for the file by the majority of the confident ones that have speech.
 * @param windows 16 kHz mono in [-1, 1) each, at most `manifest.windowMs`; one is held at a time
 */
export async function detectLanguage(
  model: SpeechModel,
  windows: Iterable<Float32Array> | AsyncIterable<Float32Array>,
  options: DetectOptions = {},
): Promise<{ language: WindowLanguage; windows: HeardWindow[] }> {
  const heard: HeardWindow[] = [];
  for await (const pcm of windows) heard.push(await detectWindowLanguage(model, pcm, options));
  const voiced = heard.filter(({ silent }) => !silent);
  const language = majorityLanguage(
    (voiced.length > 0 ? voiced : heard).map(({ language: { all } }) => all ?? {}),
    options.threshold,
  );
  if (voiced.length === 0 && language.source === "detected") language.code = "und";
  return { language, windows: heard };
}
