import { MediaError } from "../core/index.ts";
import type { SpeechModel } from "../inference/index.ts";
import { type Features, windowFeatures } from "./features.ts";
import { HallucinationJudge } from "./hallucination.ts";
import { decidedByText, describeLanguage, requestedLanguage, type WindowLanguage } from "./language.ts";
import { checkSearchOptions, type SpeechOptions, type SpeechSpan, thresholdsOf } from "./options.ts";
import { encodePrompts, windowPrompt } from "./prompt.ts";
import type { Cut } from "./segments.ts";
import { decodeStretch, describeDrafts, lastEndMs } from "./stretch.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { DroppedSegment, WindowAttempt, WindowSegment } from "./window-segment.ts";

export type WindowOptions = SpeechOptions & {
  /** Where voice activity detection heard speech, from the window's start: evidence for and against segments. */
  speech?: readonly SpeechSpan[] | undefined;
  /**
   * Where the most probable language has less than 0.8, so many others are tried and the likeliest text decides. Default 0: the
   * reference decodes one language. Each costs a decoding, in doubtful windows only.
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

/** A model that stops early again and again is not followed for ever: what is left then shows in the coverage ledger. */
const maxPasses = 4;
/** Less than this after the last timestamp is not worth another encoding. */
const minRemainingMs = 1_000;

/**
 * Transcribes one window, independent of all others: the loop of `transcribe()` in whisper/transcribe.py over a file that
 * is this window. Where the model stops before the window's end, it goes on from there.
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
  const prompt = windowPrompt(manifest, { hotwords: prompts.hotwords, previous: prompts.initial });
  const judge = new HallucinationJudge(thresholdsOf(options), options.speech);

  const transcript: Omit<WindowTranscript, "language"> = {
    noSpeechProb: 0,
    silent: true,
    segments: [],
    dropped: [],
    attempts: [],
  };
  let language: WindowLanguage | undefined;
  let lastSpeechMs = 0;
  for (let pass = 1, seekMs = 0; seekMs < audioMs; pass++) {
    options.signal?.throwIfAborted();
    const remainingMs = audioMs - seekMs;
    const goesOn = (cut: Cut) => remainingMs - cut.seekMs >= minRemainingMs && pass < maxPasses;
    const mel = features(pcm.subarray(Math.round((seekMs * manifest.sampleRateHz) / 1000)));
    using audio = await model.encode(mel, mel.length / manifest.melBins);
    const stretch = await decodeStretch(model, tokenizer, audio, {
      offsetMs: seekMs,
      audioMs: remainingMs,
      prompt,
      language: language?.decodedAs ?? given,
      lastSpeechMs,
      withWords: options.words === true,
      takesUnfinished: (cut) => !goesOn(cut),
      languageAlternatives: options.languageAlternatives,
      options,
    });
    const { decoding, cut, drafts } = stretch;
    if (!language) {
      language = describeLanguage(decoding.languages, given);
      if (stretch.languageProbability !== undefined && decoding.language !== undefined) {
        language = decidedByText(language, decoding.language, stretch.languageProbability);
      }
      transcript.noSpeechProb = decoding.noSpeechProb;
    }
    transcript.attempts.push(...stretch.attempts);
    if (stretch.silent) break;
    transcript.silent = false;

    const { segments, dropped } = describeDrafts(drafts, stretch, tokenizer, judge, options);
    transcript.segments.push(...segments);
    transcript.dropped.push(...dropped);
    if (!goesOn(cut)) break;
    lastSpeechMs = lastEndMs(drafts) ?? lastSpeechMs;
    // "with word timestamps from the last word's end", which is never before the stretch it was found in.
    const wordsEndMs = options.words ? lastEndMs(drafts) : undefined;
    seekMs = wordsEndMs !== undefined && wordsEndMs > seekMs ? wordsEndMs : seekMs + cut.seekMs;
  }

  // Without speech the probabilities are a habit of the model, not something it heard.
  if (transcript.silent && language?.source === "detected") language.code = "und";
  return { language: language!, ...transcript };
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
