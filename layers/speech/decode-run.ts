import { levelStepMs, melLevels } from "../audio/index.ts";
import type { AudioContext, SpeechModel } from "../inference/index.ts";
import type { Features } from "./features.ts";
import type { HallucinationJudge } from "./hallucination.ts";
import type { LanguageProbabilities } from "./language.ts";
import type { SpeechSpan } from "./options.ts";
import { insideGap, isBelievable, isSparse, minUnheardMs } from "./second-look.ts";
import type { Cut } from "./segments.ts";
import { type Draft, decodeStretch, describeDrafts, lastEndMs, type Stretch } from "./stretch.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { WindowOptions } from "./transcribe-window.ts";
import { joinGaps, voiceWithoutText } from "./voice-gaps.ts";
import type { DroppedSegment, WindowAttempt, WindowSegment } from "./window-segment.ts";

/** A model that stops early again and again is not followed for ever: what is left then shows in the coverage ledger. */
const maxPasses = 4;
/** So many stretches of voice without text are decoded on their own, the longest first. */
const maxSecondLooks = 3;
/** Less than this after the last timestamp is not worth another encoding. */
const minRemainingMs = 1_000;
/** A second look begins this much before the voice, so that a soft onset is in it. */
const leadMs = 100;
/** Voice with no longer pauses in it is one utterance. */
const maxPauseMs = 1_000;
/** The words of a sparse segment lie together where no longer pause is between them. */
const wordPauseMs = 1_000;

/** What is the same for every stretch of a window. */
export type WindowWork = {
  model: SpeechModel;
  tokenizer: Tokenizer;
  pcm: Float32Array;
  features: Features;
  prompt: readonly number[];
  judge: HallucinationJudge;
  options: WindowOptions;
};

/** A stretch of the window that is decoded in one language: the one given, or the one that its first decoding hears. */
export type Run = {
  startMs: number;
  endMs: number;
  language: string | undefined;
  languages?: LanguageProbabilities | undefined;
};

/** What decoding a run came to. */
export type RunTranscript = {
  /** The first decoding, which hears the language and the no-speech probability; undefined for a run without audio. */
  first: Stretch | undefined;
  /** True when the model holds all of it for silence. */
  silent: boolean;
  segments: WindowSegment[];
  dropped: DroppedSegment[];
  attempts: WindowAttempt[];
};

/** Audio that is encoded already, with the features it was encoded from. */
export type EncodedAudio = { audio: AudioContext; mel: Float32Array };

type Pass = { startMs: number; endMs: number; language: string | undefined; lastSpeechMs: number };

/**
 * Decodes a run: the loop of `transcribe()` in whisper/transcribe.py over it. Beyond the reference, voice activity is believed before a
 * single timestamp that says that nothing follows: voice after the last word is decoded again, from there on. What voice is without
 * text then is decoded on its own. Both are bounded in passes, and guarded by the model's own evidence.
 *
 * @param encoded the run's audio, where it is encoded already; it is not disposed
 */
export async function decodeRun(work: WindowWork, run: Run, encoded?: EncodedAudio): Promise<RunTranscript> {
  const { options, tokenizer, judge } = work;
  const { speech } = options;
  const result: RunTranscript = { first: undefined, silent: true, segments: [], dropped: [], attempts: [] };
  /** Where text was heard: of a segment that hides a hole, its words. */
  const heard: SpeechSpan[] = [];
  let { language } = run;
  let lastSpeechMs = run.startMs;
  let isSecondLook = false;
  for (let pass = 1, seekMs = run.startMs; seekMs < run.endMs; pass++) {
    const remainingMs = run.endMs - seekMs;
    const goesOn = (cut: Cut) => remainingMs - cut.seekMs >= minRemainingMs && pass < maxPasses;
    const at = { startMs: seekMs, endMs: run.endMs, language, lastSpeechMs };
    const stretch = await decodePass(work, at, { ...run, goesOn, encoded: pass === 1 ? encoded : undefined });
    result.first ??= stretch;
    language ??= stretch.decoding.language;
    const isKept = !isSecondLook || isBelievable(stretch, result.segments.at(-1)?.text);
    result.attempts.push(...attemptsOf(stretch, { isSecondLook, isKept }));
    if (stretch.silent || !isKept) break;
    result.silent = false;

    const { drafts, cut } = stretch;
    const { segments, dropped } = describeDrafts(drafts, stretch, tokenizer, judge, options);
    result.segments.push(...segments);
    result.dropped.push(...dropped);
    heard.push(...drafts.flatMap(heardSpans));
    const endMs = lastEndMs(drafts);
    const lastMs = Math.max(endMs ?? seekMs, seekMs);
    lastSpeechMs = endMs ?? lastSpeechMs;
    isSecondLook = false;
    if (goesOn(cut)) {
      // "with word timestamps from the last word's end", which is never before the stretch it was found in.
      seekMs = options.words && lastMs > seekMs ? lastMs : seekMs + cut.seekMs;
      continue;
    }
    const [unheard] = voiceWithoutText(speech ?? [], [], { minMs: minUnheardMs, fromMs: lastMs, toMs: run.endMs });
    if (!unheard || pass >= maxPasses || unheard[0] - leadMs <= seekMs) break;
    seekMs = Math.max(lastMs, Math.round(unheard[0]) - leadMs);
    isSecondLook = true;
  }
  if (speech && result.first) await lookAgain(work, run, { result, heard, language, speech });
  return result;
}

async function decodePass(
  { model, tokenizer, pcm, features, prompt, options }: WindowWork,
  { startMs, endMs, language, lastSpeechMs }: Pass,
  {
    languages,
    goesOn,
    encoded,
  }: Pick<Run, "languages"> & { goesOn(cut: Cut): boolean; encoded?: EncodedAudio | undefined },
): Promise<Stretch> {
  options.signal?.throwIfAborted();
  const { sampleRateHz, melBins } = model.manifest;
  const toSample = (ms: number) => Math.round((ms * sampleRateHz) / 1000);
  using opened = new DisposableStack();
  const mel = encoded?.mel ?? features(pcm.subarray(toSample(startMs), toSample(endMs)));
  const audio = encoded?.audio ?? opened.use(await model.encode(mel, mel.length / melBins));
  const { endOfText } = model.manifest.tokens;
  const tokensOf = ({ tokens }: Draft) => tokens.filter((token) => token < endOfText).length;
  const { speech } = options;
  const isAlignable = model.manifest.alignmentHeads.length > 0;
  return await decodeStretch(model, tokenizer, audio, {
    offsetMs: startMs,
    audioMs: endMs - startMs,
    prompt,
    language,
    languages,
    lastSpeechMs,
    levels: () => melLevels(mel, melBins, Math.floor((endMs - startMs) / levelStepMs)),
    withWords: (drafts) =>
      options.words === true ||
      (isAlignable &&
        speech !== undefined &&
        drafts.some((draft) => isSparse({ ...draft, tokens: tokensOf(draft) }, speech))),
    takesUnfinished: (cut) => !goesOn(cut),
    languageAlternatives: options.languageAlternatives,
    options,
  });
}

type Found = {
  result: RunTranscript;
  heard: SpeechSpan[];
  language: string | undefined;
  speech: readonly SpeechSpan[];
};

/** Decodes the longest stretches of voice that are still without text, each on its own, and puts what is believable in its place. */
async function lookAgain(work: WindowWork, run: Run, { result, heard, language, speech }: Found): Promise<void> {
  const bounds = { minMs: minUnheardMs, fromMs: run.startMs, toMs: run.endMs };
  const gaps = joinGaps(voiceWithoutText(speech, heard, bounds), heard, maxPauseMs)
    .sort((a, b) => b[1] - b[0] - (a[1] - a[0]))
    .slice(0, maxSecondLooks);
  for (const [from, to] of gaps) {
    const before = result.segments.findLast((segment) => segment.endMs <= from + leadMs);
    const after = result.segments.find((segment) => segment.startMs >= to - leadMs);
    const startMs = Math.max(Math.round(from) - leadMs, before?.endMs ?? run.startMs, run.startMs);
    const endMs = Math.min(Math.round(to) + leadMs, after?.startMs ?? run.endMs, run.endMs);
    // A gap in the middle of a segment has no place for another one.
    if (endMs - startMs < minUnheardMs || result.segments.some((s) => s.startMs < endMs && s.endMs > startMs)) continue;
    const at = { startMs, endMs, language, lastSpeechMs: before?.endMs ?? run.startMs };
    const stretch = await decodePass(work, at, { languages: run.languages, goesOn: () => false });
    const isKept = isBelievable(stretch, before?.text) && isBelievable(stretch, after?.text);
    result.attempts.push(...attemptsOf(stretch, { isSecondLook: true, isKept }));
    if (!isKept) continue;
    const { segments, dropped } = describeDrafts(stretch.drafts, stretch, work.tokenizer, work.judge, work.options);
    result.segments.push(...insideGap(segments, [startMs, endMs]));
    result.dropped.push(...dropped);
    result.segments.sort((a, b) => a.startMs - b.startMs);
    if (segments.length > 0) result.silent = false;
  }
}

function attemptsOf(
  { attempts }: Stretch,
  { isSecondLook, isKept }: { isSecondLook: boolean; isKept: boolean },
): WindowAttempt[] {
  if (!isSecondLook) return attempts;
  return attempts.map((attempt) => ({ ...attempt, kept: attempt.kept && isKept, secondLook: true }));
}

/** Where a draft's text is heard: its words, joined over short pauses, where they were timed; else all of it. */
function heardSpans({ startMs, endMs, words }: Draft): SpeechSpan[] {
  if (!words || words.length === 0) return [[startMs, endMs]];
  const spans: [number, number][] = [];
  for (const word of words) {
    const last = spans.at(-1);
    if (last && word.startMs - last[1] <= wordPauseMs) last[1] = Math.max(last[1], word.endMs);
    else spans.push([word.startMs, word.endMs]);
  }
  return spans;
}
