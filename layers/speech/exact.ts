import { levelStepMs, melLevels } from "../audio/index.ts";
import type { SpeechModel } from "../inference/index.ts";
import { skipMadeUpSpeech } from "./anomaly.ts";
import { promptRoom } from "./decode.ts";
import { contentEndMs, type PcmSource } from "./exact-audio.ts";
import { clipsOf, type ExactCheckpoint, type ExactOptions, exactStart, readCheckpoint } from "./exact-checkpoint.ts";
import { hearFileLanguage } from "./exact-language.ts";
import { openWindow } from "./exact-window.ts";
import { HallucinationJudge } from "./hallucination.ts";
import { describeLanguage, requestedLanguage, type WindowLanguage } from "./language.ts";
import { type SpeechSpan, thresholdsOf } from "./options.ts";
import { encodePrompts, windowPrompt } from "./prompt.ts";
import { type Draft, decodeStretch, describeDrafts, lastEndMs, type Stretch } from "./stretch.ts";
import { decidedLanguage } from "./text-language.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { DroppedSegment, WindowAttempt, WindowSegment } from "./window-segment.ts";

/** A segment on the file's clock. */
export type FileSegment = WindowSegment;

/** What one window of the sequential loop used up: [startMs, endMs) of the file. */
export type ExactWindow = {
  startMs: number;
  endMs: number;
  language: WindowLanguage;
  noSpeechProb: number;
  silent: boolean;
};

export type ExactInput = {
  model: SpeechModel;
  tokenizer: Tokenizer;
  audio: PcmSource;
  /** Raw log10 maximum of the whole file's log-mel, by `LogMelMaximum`. */
  melMaximum: number;
  /** {@link exactStart}, or what the slice before returned. */
  checkpoint: ExactCheckpoint;
  options: ExactOptions;
  /** Asked between windows; one window is always decoded. */
  shouldStop(): boolean;
};

export type ExactSlice = {
  segments: FileSegment[];
  dropped: DroppedSegment[];
  windows: ExactWindow[];
  attempts: WindowAttempt[];
  checkpoint: ExactCheckpoint;
  /** True when the file, or its last clip, is at its end. */
  done: boolean;
};

/**
 * A slice of the sequential long-form loop, `transcribe()` of whisper/transcribe.py: window after window, each beginning where
 * the text of the one before ended, with that text as its prompt. Slices of any length add up to the same result.
 * Memory is one window's.
 *
 * It differs from the reference where that is better documented than imitated: the file's language is heard where speech is, a
 * segment without a pair of timestamps begins at its opening one, the best of failed attempts is kept instead of the last, a
 * window in which speech is heard but none decoded is decoded again without its prompt, and clips must be in order.
 *
 * @throws MediaError `request.invalid` for a language or task the checkpoint lacks, options that cannot work, or a foreign
 * checkpoint; `model.invalid` when the model gives no usable numbers, or words are asked of a checkpoint without
 * alignment heads; the signal's reason when aborted.
 */
export async function transcribeExact(input: ExactInput): Promise<ExactSlice> {
  const { model, tokenizer, audio, options, melMaximum } = input;
  const given = requestedLanguage(model.manifest, options);
  exactStart(options);
  const at = structuredClone(readCheckpoint(input.checkpoint));
  const clips = clipsOf(options, contentEndMs(audio, model.manifest));
  const prompts = await encodePrompts(tokenizer, options);
  if (!at.started) {
    at.promptTokens = options.carryInitialPrompt ? [] : prompts.initial.slice(-promptRoom(model.manifest));
    at.language = given ?? (await fileLanguage(input, clips));
    if (at.language === undefined) delete at.language;
    at.started = true;
  }

  const judge = new HallucinationJudge(thresholdsOf(options), options.speech, at.recentTexts);
  const before = { hotwords: prompts.hotwords, carried: options.carryInitialPrompt ? prompts.initial : [] };
  const slice: ExactSlice = { segments: [], dropped: [], windows: [], attempts: [], checkpoint: at, done: false };
  for (let clip = clipAt(clips, at.seekMs); clip; ) {
    options.signal?.throwIfAborted();
    at.seekMs = Math.max(at.seekMs, clip[0]);
    await decodeWindow({ ...input, melMaximum }, { at, clip, given, judge, before, slice });
    at.recentTexts = judge.recent;
    clip = clipAt(clips, at.seekMs);
    if (clip && input.shouldStop()) return slice;
  }
  return { ...slice, done: true };
}

/** The first clip that is not over yet; one that was begun goes on. */
function clipAt(clips: readonly SpeechSpan[], seekMs: number): SpeechSpan | undefined {
  return clips.find(([, endMs]) => endMs > seekMs);
}

async function fileLanguage(
  { model, audio, melMaximum, options }: ExactInput,
  clips: readonly SpeechSpan[],
): Promise<string | undefined> {
  if (!model.manifest.isMultilingual || clips.length === 0) return undefined;
  return (await hearFileLanguage(model, audio, { melMaximum, ...options })).decodedAs;
}

type WindowState = {
  at: ExactCheckpoint;
  clip: SpeechSpan;
  given: string | undefined;
  judge: HallucinationJudge;
  /** What stands before every window, whatever was said. */
  before: { hotwords: readonly number[]; carried: readonly number[] };
  slice: ExactSlice;
};

/** Decodes the window at `at.seekMs`, adds what it says to the slice, and moves the checkpoint on. */
async function decodeWindow(input: ExactInput, { at, clip, given, judge, before, slice }: WindowState): Promise<void> {
  const { model, tokenizer, options } = input;
  const { manifest } = model;
  const startMs = at.seekMs;
  const planned = { startMs, endMs: Math.min(startMs + manifest.windowMs, clip[1]) };
  using window = await openWindow(input, planned, {
    given,
    fileLanguage: at.language,
    lastLanguage: at.windowLanguage,
  });
  const { audio, mel, endMs, language, languages } = window;
  // Text in another language would lead the model to go on in it.
  if (language !== (at.windowLanguage ?? at.language)) at.promptTokens = [];
  if (language !== undefined) at.windowLanguage = language;
  const skips = options.hallucinationSilenceMs !== undefined;

  const decode = (prompt: readonly number[]) =>
    decodeStretch(model, tokenizer, audio, {
      offsetMs: startMs,
      audioMs: endMs - startMs,
      prompt,
      language,
      languages,
      lastSpeechMs: at.lastSpeechMs,
      levels: () => melLevels(mel, manifest.melBins, Math.floor((endMs - startMs) / levelStepMs)),
      withWords: () => options.words === true || skips,
      takesUnfinished: (cut) => startMs + cut.seekMs >= endMs,
      options,
    });
  const prompt = windowPrompt(manifest, { ...before, previous: at.promptTokens });
  let stretch = await decode(prompt);
  if (prompt.length > 0 && !stretch.silent && stretch.decoding.text === "") {
    // Nothing was said although speech is heard: the prompt leads the model astray, and the window would be lost.
    slice.attempts.push(...stretch.attempts.map((attempt) => ({ ...attempt, kept: false })));
    at.promptTokens = [];
    stretch = await decode([]);
  }
  slice.attempts.push(...stretch.attempts);
  const { kept, seekMs } = moveOn(input, stretch, { startMs, endMs, lastSpeechMs: at.lastSpeechMs });
  slice.windows.push(await describeWindow(stretch, { startMs, endMs: seekMs }, given));
  at.seekMs = seekMs;
  if (!kept) return;

  if (options.words || skips) at.lastSpeechMs = lastEndMs(kept) ?? at.lastSpeechMs;
  const { segments, dropped } = describeDrafts(kept, stretch, tokenizer, judge, options);
  slice.segments.push(...segments);
  slice.dropped.push(...dropped);
  remember(at, segments, stretch, input);
}

/** Which segments stay (none at all where the window is skipped), and the next seek: always later than this one. */
function moveOn(
  { audio, model: { manifest }, options }: ExactInput,
  { silent, drafts, cut }: Stretch,
  { startMs, endMs, lastSpeechMs }: { startMs: number; endMs: number; lastSpeechMs: number },
): { kept: Draft[] | undefined; seekMs: number } {
  if (silent) return { kept: undefined, seekMs: endMs };
  const { words, hallucinationSilenceMs } = options;
  const windowEndMs = startMs + manifest.windowMs;
  let seekMs = startMs + cut.seekMs;
  const spokenMs = lastEndMs(drafts);
  if ((words || hallucinationSilenceMs !== undefined) && !cut.closed && spokenMs !== undefined && spokenMs > startMs) {
    const restIsShort = hallucinationSilenceMs !== undefined && windowEndMs - spokenMs <= hallucinationSilenceMs;
    seekMs = restIsShort ? endMs : Math.round(spokenMs / manifest.hopMs) * manifest.hopMs;
  }
  let kept = drafts;
  let retry = false;
  if (hallucinationSilenceMs !== undefined) {
    const skip = skipMadeUpSpeech(drafts, {
      thresholdMs: hallucinationSilenceMs,
      offsetMs: startMs,
      audioMs: endMs - startMs,
      windowEndMs,
      seekMs,
      contentEndMs: contentEndMs(audio, manifest),
      lastSpeechMs,
    });
    kept = drafts.slice(0, skip.kept);
    retry = skip.retry;
    seekMs = skip.seekMs;
  }
  return { kept: retry ? undefined : kept, seekMs: seekMs > startMs ? seekMs : endMs };
}

async function describeWindow(
  { decoding, silent }: Stretch,
  span: { startMs: number; endMs: number },
  given: string | undefined,
): Promise<ExactWindow> {
  const heard = describeLanguage(decoding.languages, given);
  if (decoding.language !== undefined) heard.decodedAs = decoding.language;
  const language = await decidedLanguage(heard, decoding.text);
  if (silent && language.source === "detected") language.code = "und";
  return { ...span, language, noSpeechProb: decoding.noSpeechProb, silent };
}

/** The next prompt: everything said since it was last dropped, "do not feed the prompt tokens if a high temperature was used". */
function remember(
  at: ExactCheckpoint,
  segments: readonly WindowSegment[],
  { decoding }: Stretch,
  { model, options: { conditionOnPreviousText = true } }: ExactInput,
): void {
  const forgets = !conditionOnPreviousText || decoding.temperature > 0.5;
  const said = segments.flatMap(({ tokens }) => tokens);
  at.promptTokens = forgets ? [] : [...at.promptTokens, ...said].slice(-promptRoom(model.manifest));
}
