import { MediaError } from "../core/index.ts";
import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { decodeRun, type Run, type RunTranscript, type WindowWork } from "./decode-run.ts";
import { type Features, windowFeatures } from "./features.ts";
import { HallucinationJudge } from "./hallucination.ts";
import { decidedByText, describeLanguage, requestedLanguage, type WindowLanguage } from "./language.ts";
import { type LanguageRun, languageRuns, voicePieces } from "./language-runs.ts";
import { checkSearchOptions, type SpeechOptions, type SpeechSpan, thresholdsOf } from "./options.ts";
import { encodePrompts, windowPrompt } from "./prompt.ts";
import { decidedLanguage } from "./text-language.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { voicedMs } from "./voice-gaps.ts";
import type { DroppedSegment, WindowAttempt, WindowSegment } from "./window-segment.ts";

export type WindowOptions = SpeechOptions & {
  /**
   * Where the most probable language has less than 0.8, so many others are tried and the likeliest text decides. By default two are
   * in a window with less than two seconds of voice, and none elsewhere, as in the reference. Each costs a decoding, in doubtful windows only.
   */
  languageAlternatives?: number | undefined;
  /** How audio becomes features; default {@link windowFeatures}. */
  features?: Features | undefined;
};

export type WindowTranscript = {
  language: WindowLanguage;
  /** Of the window's beginning. */
  noSpeechProb: number;
  /** True when the model holds the whole window for silence. */
  silent: boolean;
  segments: WindowSegment[];
  /** Text that was decoded but has no place in time: of no length, or after the audio's end. */
  dropped: DroppedSegment[];
  attempts: WindowAttempt[];
};

/**
 * Transcribes one window, independent of all others: the loop of `transcribe()` in whisper/transcribe.py over a file that
 * is this window. Where the model stops before the window's end, it goes on from there; where voice activity has a voice
 * and there is no text, it looks again ({@link decodeRun}); where the language changes, each stretch is decoded in its own.
 *
 * @param pcm 16 kHz mono in [-1, 1), at most `manifest.windowMs`
 * @throws MediaError `request.invalid` for a window that is empty or too long, a language or task that the checkpoint
 * lacks, or options that decoding cannot work with; `model.invalid` when the model gives no usable numbers, or words are
 * asked of a checkpoint without alignment heads; the signal's reason when aborted.
 */
export async function transcribeWindow(
  model: SpeechModel,
  tokenizer: Tokenizer,
  pcm: Float32Array,
  options: WindowOptions,
): Promise<WindowTranscript> {
  const { manifest } = model;
  const given = requestedLanguage(manifest, options);
  checkSearchOptions(options);
  const audioMs = windowLengthMs(pcm, manifest);
  const features = options.features ?? windowFeatures(manifest);
  const prompts = await encodePrompts(tokenizer, options);
  const languageAlternatives = options.languageAlternatives ?? alternativesFor(options.speech, audioMs);
  const work: WindowWork = {
    model,
    tokenizer,
    pcm,
    features,
    prompt: windowPrompt(manifest, { hotwords: prompts.hotwords, previous: prompts.initial }),
    judge: new HallucinationJudge(thresholdsOf(options), options.speech),
    options: { ...options, languageAlternatives },
  };

  options.signal?.throwIfAborted();
  const mel = features(pcm);
  using opened = new DisposableStack();
  const audio = opened.use(await model.encode(mel, mel.length / manifest.melBins));
  const encoded = { audio, mel };
  const runs = await findRuns(work, audio, { given, audioMs });
  if (!runs) return await describe([await decodeRun(work, whole(audioMs, given), encoded)], { given });
  if (runs.length === 1) {
    const [{ code, probabilities }] = runs as [LanguageRun];
    const run = { startMs: 0, endMs: audioMs, language: code, languages: probabilities };
    return await describe([await decodeRun(work, run, encoded)], { given, runs });
  }
  // Each stretch is encoded on its own, so that the model cannot go on in the language before.
  opened.dispose();
  const decoded: RunTranscript[] = [];
  for (const { startMs, endMs, code, probabilities } of runs) {
    decoded.push(await decodeRun(work, { startMs, endMs, language: code, languages: probabilities }));
  }
  return await describe(decoded, { given, runs });
}

/** So little voice is often heard in the wrong language: the likelier text decides, which is cheap for so short a window. */
const shortVoiceMs = 2_000;
const alternativesOfShort = 2;

function alternativesFor(speech: readonly SpeechSpan[] | undefined, audioMs: number): number {
  return speech && voicedMs(speech, 0, audioMs) < shortVoiceMs ? alternativesOfShort : 0;
}

const whole = (audioMs: number, given: string | undefined): Run => ({ startMs: 0, endMs: audioMs, language: given });

/** Looks for a change of language where there may be one: nothing was given, the checkpoint knows several, voice pauses, and no alternatives are tried for the whole window. */
async function findRuns(
  { model, pcm, features, options }: WindowWork,
  audio: AudioContext,
  { given, audioMs }: { given: string | undefined; audioMs: number },
): Promise<LanguageRun[] | undefined> {
  const { speech, languageAlternatives = 0, signal } = options;
  if (given !== undefined || !model.manifest.isMultilingual || !speech || languageAlternatives > 0) {
    return undefined;
  }
  const pieces = voicePieces(speech, audioMs);
  return pieces.length < 2 ? undefined : languageRuns({ model, audio, pcm, features, pieces, signal });
}

/** Puts together what was decoded. The window's language is that of the stretch with most text. */
async function describe(
  decoded: readonly RunTranscript[],
  { given, runs }: { given: string | undefined; runs?: readonly LanguageRun[] },
): Promise<WindowTranscript> {
  const languages: WindowLanguage[] = [];
  for (const [i, run] of decoded.entries()) {
    languages.push(await languageOf(run, { given, heard: runs?.[i] }));
  }
  const textMs = decoded.map(({ segments }) => segments.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0));
  const longest = textMs.reduce((best, ms, i) => (ms > textMs[best]! ? i : best), 0);
  const language = languages[longest]!;
  const silent = decoded.every((run) => run.silent);
  // Without speech the probabilities are a habit of the model, not something it heard.
  if (silent && language.source === "detected") language.code = "und";
  const ownLanguage = (i: number) => {
    const { code, probability, source } = languages[i]!;
    return source === "detected" ? { language: code, languageProbability: probability } : { language: code };
  };
  return {
    language,
    noSpeechProb: decoded[0]?.first?.decoding.noSpeechProb ?? 0,
    silent,
    segments: decoded.flatMap(({ segments }, i) => segments.map((segment) => ({ ...segment, ...ownLanguage(i) }))),
    dropped: decoded.flatMap(({ dropped }) => dropped),
    attempts: decoded.flatMap(({ attempts }) => attempts),
  };
}

/** What was heard, what the text says where that is not enough, or what was given. */
async function languageOf(
  { first, segments }: RunTranscript,
  { given, heard }: { given: string | undefined; heard: LanguageRun | undefined },
): Promise<WindowLanguage> {
  const decoding = first?.decoding;
  let language = describeLanguage(heard?.probabilities ?? decoding?.languages ?? {}, given);
  if (first?.languageProbability !== undefined && decoding?.language !== undefined) {
    language = decidedByText(language, decoding.language, first.languageProbability);
  } else if (heard && language.source === "detected") {
    language = { ...language, decodedAs: heard.code };
  }
  return await decidedLanguage(language, segments.map(({ text }) => text).join(" "));
}

/** @throws MediaError `request.invalid` for a window that is empty, or longer than the model's. */
export function windowLengthMs(pcm: Float32Array, manifest: SpeechModel["manifest"]): number {
  const audioMs = Math.floor((pcm.length * 1000) / manifest.sampleRateHz);
  if (audioMs === 0) {
    throw new MediaError(
      "request.invalid",
      "The window holds no audio. Leave windows without samples out of the plan.",
    );
  }
  if (pcm.length * 1000 > manifest.windowMs * manifest.sampleRateHz) {
    throw new MediaError(
      "request.invalid",
      `The window holds ${audioMs} ms of audio, but ${manifest.id} takes at most ${manifest.windowMs} ms. Plan shorter windows.`,
    );
  }
  return audioMs;
}
