import type { SoundLevels } from "../audio/index.ts";
import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { placeOutside } from "../transcript/index.ts";
import type { Decoding } from "./decode.ts";
import type { HallucinationJudge } from "./hallucination.ts";
import type { LanguageProbabilities } from "./language.ts";
import { decodeInLikeliestLanguage } from "./language-alternatives.ts";
import { type SpeechOptions, thresholdsOf } from "./options.ts";
import { type Cut, cutSegments, type TimedTokens } from "./segments.ts";
import { isSilence } from "./silence.ts";
import type { Tokenizer } from "./tokenizer.ts";
import {
  type DroppedSegment,
  describeAttempts,
  segmentFlags,
  type WindowAttempt,
  type WindowSegment,
} from "./window-segment.ts";
import type { SegmentWord, Wordable } from "./word-times.ts";
import { addWords } from "./words.ts";

/** A segment in the making, on the clock of the result. */
export type Draft = TimedTokens & {
  words?: SegmentWord[];
  spoken?: Wordable["spoken"];
  /** The model did not say where it ends. */
  open: boolean;
  /** Its own times lay behind the audio. */
  placed?: boolean;
};

export type StretchInput = {
  /** Where the encoded audio lies on the clock of the result, and how much of it is real. */
  offsetMs: number;
  audioMs: number;
  prompt: readonly number[];
  language: string | undefined;
  languages?: LanguageProbabilities | undefined;
  lastSpeechMs: number;
  /** How loud the encoded audio is, for where words are heard; see `melLevels`. */
  levels(): SoundLevels;
  /** Whether words are wanted, be it for the result or for what follows. */
  withWords(drafts: readonly Draft[]): boolean;
  /** Whether text that the model left open is taken; else it is decoded again from where the cut ends. */
  takesUnfinished(cut: Cut): boolean;
  /** See {@link decodeInLikeliestLanguage}. */
  languageAlternatives?: number | undefined;
  options: SpeechOptions;
};

/** What one decoding of one stretch of audio came to. */
export type Stretch = {
  decoding: Decoding;
  exhausted: boolean;
  attempts: WindowAttempt[];
  /** Of the language decoded, where others were tried besides. */
  languageProbability?: number | undefined;
  silent: boolean;
  drafts: Draft[];
  cut: Cut;
};

/** The inside of the window loop of whisper/transcribe.py: fallback, the silence rule, the cut into segments, and words. */
export async function decodeStretch(
  model: SpeechModel,
  tokenizer: Tokenizer,
  audio: AudioContext,
  input: StretchInput,
): Promise<Stretch> {
  const { offsetMs, audioMs, prompt, language, languages, lastSpeechMs, options } = input;
  const { attempts, kept, exhausted, languageProbability } = await decodeInLikeliestLanguage(model, tokenizer, audio, {
    ...options,
    languageAlternatives: input.languageAlternatives,
    language,
    languages,
    prompt,
    seed: options.seed ?? 0,
  });
  const { decoding } = kept;
  const cut = cutSegments(decoding.tokens, { audioMs, tokens: model.manifest.tokens });
  const silent = isSilence(decoding, thresholdsOf(options));
  const place = (timed: TimedTokens, open: boolean): Draft => ({
    ...timed,
    startMs: timed.startMs + offsetMs,
    endMs: timed.endMs + offsetMs,
    open,
  });
  const cutDrafts = silent ? [] : cut.segments.map((timed) => place(timed, false));
  if (!silent && cut.unfinished && input.takesUnfinished(cut)) cutDrafts.push(place(cut.unfinished, true));
  const drafts = placeBehindEnd(cutDrafts, input, model.manifest.tokens.endOfText);
  if (drafts.length > 0 && input.withWords(drafts)) {
    const where = {
      task: options.task,
      language: decoding.language,
      offsetMs,
      audioMs,
      lastSpeechMs,
      levels: input.levels(),
    };
    await addWords(model, tokenizer, audio, drafts, where);
  }
  return {
    decoding,
    exhausted,
    attempts: describeAttempts(attempts, kept, offsetMs),
    languageProbability,
    silent,
    drafts,
    cut,
  };
}

/**
 * Text whose times lie behind the audio is placed on the voice that nothing else has. The reference keeps it too, with times that no player
 * reaches.
 */
function placeBehindEnd(
  drafts: readonly Draft[],
  { offsetMs, audioMs, options }: Pick<StretchInput, "offsetMs" | "audioMs" | "options">,
  endOfText: number,
): Draft[] {
  const endMs = offsetMs + audioMs;
  const isBehind = (draft: Draft) => draft.startMs >= endMs && draft.tokens.some((token) => token < endOfText);
  if (!drafts.some(isBehind)) return [...drafts];
  const speech = (options.speech ?? []).map(([from, to]) => ({ startMs: from, endMs: to }));
  const timed = drafts.filter((draft) => draft.startMs < draft.endMs || isBehind(draft));
  const placed = placeOutside(timed, { startMs: offsetMs, endMs, speech }, ({ tokens }) => tokens.length);
  return placed.map(({ item, ...where }) => ({ ...item, ...where }));
}

/** `get_end` of whisper/timing.py: the end of the last word, or of the last segment where there are no words. */
export function lastEndMs(drafts: readonly Draft[]): number | undefined {
  const spoken = drafts.findLast(({ words }) => words && words.length > 0);
  return spoken?.words?.at(-1)?.endMs ?? drafts.at(-1)?.endMs;
}

/**
 * Turns drafts into segments, with the times at which their words are heard. "if a segment is instantaneous or does not contain
 * text, clear it"
 */
export function describeDrafts(
  drafts: readonly Draft[],
  { decoding, exhausted }: Pick<Stretch, "decoding" | "exhausted">,
  tokenizer: Tokenizer,
  judge: HallucinationJudge,
  options: SpeechOptions,
): { segments: WindowSegment[]; dropped: DroppedSegment[] } {
  const { temperature, avgLogprob, compressionRatio, noSpeechProb } = decoding;
  const thresholds = thresholdsOf(options);
  const segments: WindowSegment[] = [];
  const dropped: DroppedSegment[] = [];
  for (const draft of drafts) {
    const { tokens, open } = draft;
    const text = tokenizer.decode(tokens).trim();
    if (text === "") continue;
    if (draft.startMs >= draft.endMs) {
      dropped.push({ startMs: draft.startMs, endMs: draft.endMs, text });
      continue;
    }
    const { startMs, endMs, words } = draft.spoken ?? draft;
    const evidence = { temperature, avgLogprob, compressionRatio, noSpeechProb };
    const hallucination = judge.judge({ startMs, endMs, text, ...evidence });
    const flags = segmentFlags(decoding, thresholds, { exhausted, open });
    if (draft.placed) flags.push("placed");
    if (hallucination.verdict === "likely") flags.push("hallucination");
    const segment: WindowSegment = { startMs, endMs, text, tokens, ...evidence, flags, hallucination };
    if (options.words) segment.words = words ?? [];
    segments.push(segment);
  }
  return { segments, dropped };
}
