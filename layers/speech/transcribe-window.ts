import { MediaError } from "../core/index.ts";
import type { SpeechModel } from "../inference/index.ts";
import type { Decoding } from "./decode.ts";
import { type Attempt, decodeWithFallback, type Verdict } from "./fallback.ts";
import { type Features, windowFeatures } from "./features.ts";
import { describeLanguage, requestedLanguage, type WindowLanguage } from "./language.ts";
import { cutSegments, type TimedTokens } from "./segments.ts";
import { isSilence, thresholds } from "./silence.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type WindowOptions = {
  /** A language code of the checkpoint; left out, the language is detected. */
  language?: string | undefined;
  task: "transcribe" | "translate";
  /** The fallback ladder; default 0, 0.2, … 1. */
  temperatures?: readonly number[] | undefined;
  /** Samples at each temperature above 0; default 1. */
  bestOf?: number | undefined;
  /** Of the sampling above temperature 0; default 0. Same input, same seed, same transcript. */
  seed?: number | undefined;
  signal?: AbortSignal | undefined;
  /** How audio becomes features; default {@link windowFeatures}. */
  features?: Features | undefined;
};

/**
 * Doubts about a segment. They mark, they never delete:
 * - `fallback_exhausted`: no temperature gave an acceptable text, this is the best of them
 * - `repetitive`: it compresses better than speech does
 * - `low_logprob`: the model was guessing
 * - `likely_silence`: the model heard no speech, yet is sure of its text
 * - `open_end`: the model did not say where it ends
 * - `truncated`: the token limit came first
 */
export type SegmentFlag =
  | "fallback_exhausted"
  | "repetitive"
  | "low_logprob"
  | "likely_silence"
  | "open_end"
  | "truncated";

/** A piece of text with its times, whole milliseconds from the window's start, and the evidence for it. */
export type WindowSegment = {
  startMs: number;
  endMs: number;
  text: string;
  /** Timestamp tokens included. */
  tokens: number[];
  /** These four are the decoding's, so segments decoded together share them, as in the reference. */
  temperature: number;
  avgLogprob: number;
  compressionRatio: number;
  noSpeechProb: number;
  flags: SegmentFlag[];
};

export type WindowAttempt = {
  /** Where in the window this decoding began. */
  seekMs: number;
  temperature: number;
  avgLogprob: number;
  compressionRatio: number;
  noSpeechProb: number;
  tokenCount: number;
  verdict: Verdict;
  kept: boolean;
};

export type WindowTranscript = {
  language: WindowLanguage;
  /** Of the window's beginning. */
  noSpeechProb: number;
  /** True when the model holds the whole window for silence. */
  silent: boolean;
  segments: WindowSegment[];
  /** Text that was decoded but has no place in time: of no length, or after the audio's end. */
  dropped: { startMs: number; endMs: number; text: string }[];
  attempts: WindowAttempt[];
};

/** A model that stops early again and again is not followed for ever: what is left then shows in the coverage ledger. */
const maxPasses = 4;
/** Less than this after the last timestamp is not worth another encoding. */
const minRemainingMs = 1_000;

/**
 * Transcribes one window, independent of all others: the loop of `transcribe()` in whisper/transcribe.py over a file that
 * is this window, without a prompt. Where the model stops before the window's end, it goes on from there.
 *
 * @param pcm 16 kHz mono in [-1, 1), at most `manifest.windowMs`
 * @throws MediaError `request.invalid` for a window that is empty or too long, or a language or task that the checkpoint
 * lacks; `model.invalid` when the model gives no usable numbers; the signal's reason when aborted.
 */
export async function transcribeWindow(
  model: SpeechModel,
  tokenizer: Tokenizer,
  pcm: Float32Array,
  options: WindowOptions,
): Promise<WindowTranscript> {
  const { manifest } = model;
  const given = requestedLanguage(manifest, options);
  const audioMs = lengthMs(pcm, manifest);
  const features = options.features ?? windowFeatures(manifest);

  const segments: WindowSegment[] = [];
  const dropped: WindowTranscript["dropped"] = [];
  const attempts: WindowAttempt[] = [];
  let language: WindowLanguage | undefined;
  let noSpeechProb = 0;
  let silent = true;

  for (let pass = 1, seekMs = 0; seekMs < audioMs; pass++) {
    options.signal?.throwIfAborted();
    const mel = features(pcm.subarray(Math.round((seekMs * manifest.sampleRateHz) / 1000)));
    using audio = await model.encode(mel, mel.length / manifest.melBins);
    const result = await decodeWithFallback(model, tokenizer, audio, {
      task: options.task,
      language: language?.decodedAs ?? given,
      temperatures: options.temperatures,
      bestOf: options.bestOf,
      seed: options.seed ?? 0,
      signal: options.signal,
    });
    const { decoding } = result.kept;
    if (!language) {
      language = describeLanguage(decoding.languages, given);
      noSpeechProb = decoding.noSpeechProb;
    }
    attempts.push(...result.attempts.map((attempt) => describeAttempt(attempt, seekMs, attempt === result.kept)));
    if (isSilence(decoding)) break;
    silent = false;

    const remainingMs = audioMs - seekMs;
    const cut = cutSegments(decoding.tokens, { audioMs: remainingMs, tokens: manifest.tokens });
    const again = remainingMs - cut.seekMs >= minRemainingMs && pass < maxPasses;
    const place = (timed: TimedTokens, open: boolean) => {
      const segment = describeSegment(
        timed,
        seekMs,
        decoding,
        tokenizer,
        segmentFlags(decoding, result.exhausted, open),
      );
      // "if a segment is instantaneous or does not contain text, clear it"
      if (segment.text === "") return;
      if (segment.startMs < segment.endMs) segments.push(segment);
      else dropped.push({ startMs: segment.startMs, endMs: segment.endMs, text: segment.text });
    };
    for (const timed of cut.segments) place(timed, false);
    if (cut.unfinished && !again) place(cut.unfinished, true);
    if (!again) break;
    seekMs += cut.seekMs;
  }

  // Without speech the probabilities are a habit of the model, not something it heard.
  if (silent && language?.source === "detected") language.code = "und";
  return { language: language!, noSpeechProb, silent, segments, dropped, attempts };
}

function lengthMs(pcm: Float32Array, manifest: SpeechModel["manifest"]): number {
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

function describeSegment(
  { startMs, endMs, tokens }: TimedTokens,
  seekMs: number,
  { temperature, avgLogprob, compressionRatio, noSpeechProb }: Decoding,
  tokenizer: Tokenizer,
  flags: SegmentFlag[],
): WindowSegment {
  const text = tokenizer.decode(tokens).trim();
  const evidence = { temperature, avgLogprob, compressionRatio, noSpeechProb };
  return { startMs: startMs + seekMs, endMs: endMs + seekMs, text, tokens, ...evidence, flags };
}

function segmentFlags(decoding: Decoding, exhausted: boolean, open: boolean): SegmentFlag[] {
  const doubts: [SegmentFlag, boolean][] = [
    ["fallback_exhausted", exhausted],
    ["repetitive", decoding.compressionRatio > thresholds.compressionRatio],
    ["low_logprob", decoding.avgLogprob < thresholds.logprob],
    ["likely_silence", decoding.noSpeechProb > thresholds.noSpeech],
    ["open_end", open],
    ["truncated", open && decoding.truncated],
  ];
  return doubts.flatMap(([flag, applies]) => (applies ? [flag] : []));
}

function describeAttempt({ decoding, verdict }: Attempt, seekMs: number, kept: boolean): WindowAttempt {
  const { temperature, avgLogprob, compressionRatio, noSpeechProb, tokens } = decoding;
  return { seekMs, temperature, avgLogprob, compressionRatio, noSpeechProb, tokenCount: tokens.length, verdict, kept };
}
