import { isPrinted } from "./printed.ts";
import type { FileLanguage, Segment, Span, Transcript } from "./types.ts";

/** What one window says about its language. */
export type HeardLanguage = Span & {
  /** A language code, or `und`. */
  code: string;
  probability: number;
  /** Probability by code, as far as known. */
  probabilities: Record<string, number>;
  /** True when the answer was not the model's to give: it holds, however probable. */
  fixed: boolean;
  /** How much speech the answer rests on. */
  speechMs: number;
};

type SpokenSegment = Span & Pick<Segment, "language" | "languageProbability" | "hallucination">;
type Entry = FileLanguage["timeline"][number] & { speechMs: number };

/** A window counts towards the file's language from here on. */
const confident = 0.5;
const candidateCount = 5;
/** A language is named as spoken from this share of the time on, or from so many milliseconds on. */
const minShare = 0.05;
const minSpokenMs = 2_000;
const undetermined = "und";

/**
 * The language of a file: the one spoken longest. Where there is text, its segments say when which language is spoken, those that are judged
 * `likely` invented left out; else the windows do that are sure of it. `und` only where nothing decides; the candidates are there in any
 * case.
 *
 * @param windows in order of time
 * @param segments in order of time, with the languages of their own
 * @returns `probability` is the mean of the time in that language; the candidates' are the means of all that was heard
 */
export function combineLanguages(
  windows: readonly HeardLanguage[],
  segments: readonly SpokenSegment[] = [],
  threshold: number = confident,
): FileLanguage {
  const heard = windows.filter(({ speechMs }) => speechMs > 0);
  const sure = heard.filter(
    ({ fixed, code, probability }) => fixed || (code !== undetermined && probability >= threshold),
  );
  const candidates = meanProbabilities(sure.length > 0 ? sure : heard);
  const ofText = segments.filter((segment) => isPrinted(segment)).map((segment) => entryOf(segment, windows));
  const entries = ofText.some(({ code }) => code !== undetermined) ? ofText : heard;
  const voting = entries === heard ? sure : ofText.filter(({ code }) => code !== undetermined);
  const [longest] = timeByCode(voting.map(({ code, speechMs }) => ({ code, lengthMs: speechMs })));
  return {
    code: longest?.code ?? undetermined,
    probability: longest
      ? meanOf(voting.filter(({ code }) => code === longest.code))
      : (candidates[0]?.probability ?? 0),
    timeline: timelineOf(entries),
    candidates: candidates.slice(0, candidateCount),
  };
}

/** The languages of a file, the one spoken longest first. Shares are of the time with text, or with speech where there is none. */
export function spokenLanguages({
  segments,
  language,
}: Pick<Transcript, "segments" | "language">): { code: string; share: number }[] {
  if (!language) return [];
  const texts = segments
    .filter((segment) => isPrinted(segment))
    .map(({ startMs, endMs, language: code }) => ({ code, lengthMs: endMs - startMs }));
  const spoken =
    texts.length > 0
      ? texts
      : language.timeline.map(({ startMs, endMs, code }) => ({ code, lengthMs: endMs - startMs }));
  const totalMs = spoken.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  return timeByCode(spoken.filter(({ code }) => code !== undetermined))
    .filter(({ lengthMs }, place) => place === 0 || lengthMs >= minSpokenMs || lengthMs >= minShare * totalMs)
    .map(({ code, lengthMs }) => ({ code, share: Math.round((1_000 * lengthMs) / totalMs) / 1_000 }));
}

/** The probability of a segment's language is its own, or what its window gives that language. */
function entryOf(
  { startMs, endMs, language, languageProbability }: SpokenSegment,
  windows: readonly HeardLanguage[],
): Entry {
  const window = windows.findLast((one) => one.startMs <= startMs);
  const ofWindow = window?.code === language ? window.probability : window?.probabilities[language];
  const probability = languageProbability ?? ofWindow ?? 0;
  return { startMs, endMs, code: language, probability, speechMs: endMs - startMs };
}

/** Longest first; of two as long, the one that comes first. */
function timeByCode(spans: readonly { code: string; lengthMs: number }[]): { code: string; lengthMs: number }[] {
  const lengths = new Map<string, number>();
  for (const { code, lengthMs } of spans) lengths.set(code, (lengths.get(code) ?? 0) + lengthMs);
  return [...lengths].map(([code, lengthMs]) => ({ code, lengthMs })).sort((a, b) => b.lengthMs - a.lengthMs);
}

function meanOf(entries: readonly Pick<Entry, "probability" | "speechMs">[]): number {
  const totalMs = entries.reduce((sum, { speechMs }) => sum + speechMs, 0);
  return Math.min(1, entries.reduce((sum, { probability, speechMs }) => sum + probability * speechMs, 0) / totalMs);
}

function meanProbabilities(windows: readonly HeardLanguage[]): { code: string; probability: number }[] {
  const totalMs = windows.reduce((sum, { speechMs }) => sum + speechMs, 0);
  const weight = new Map<string, number>();
  for (const { probabilities, speechMs } of windows) {
    for (const [code, probability] of Object.entries(probabilities)) {
      weight.set(code, (weight.get(code) ?? 0) + probability * speechMs);
    }
  }
  return [...weight]
    .map(([code, sum]) => ({ code, probability: Math.min(sum / totalMs, 1) }))
    .sort((a, b) => b.probability - a.probability);
}

/** Neighbours of the same language become one entry, its probability their mean by speech. */
function timelineOf(spoken: readonly Entry[]): FileLanguage["timeline"] {
  const entries: Entry[] = [];
  for (const { startMs, endMs, code, probability, speechMs } of spoken) {
    const last = entries.at(-1);
    if (last?.code !== code) {
      entries.push({ startMs, endMs, code, probability, speechMs });
      continue;
    }
    last.probability = meanOf([last, { probability, speechMs }]);
    last.speechMs += speechMs;
    last.endMs = Math.max(last.endMs, endMs);
  }
  return entries.map(({ speechMs: _, ...entry }) => entry);
}
