import { type JobId, MediaError } from "../core/index.ts";
import type { Segment, Transcript } from "../transcript/index.ts";
import { type Passage, passageId, type VoiceVerdict, voiceVerdicts } from "./passage.ts";
import { SpokenText, unspaced } from "./spoken-text.ts";

export type PassageOptions = {
  /** Longest passage. 700 letters are about 170 tokens of English; the embedding model reads 256. */
  readonly mostLetters?: number;
  /** How much of the end of a passage the next one begins with, whole sentences only. */
  readonly overlapLetters?: number;
};

/** A character of a script without spaces is about a token, a letter about a quarter of one. */
const lettersOfUnspaced = 3;

type Sentence = { readonly offset: number; readonly end: number; readonly letters: number };

/**
 * Cuts a transcript into passages of whole sentences, in order of time. All text is in at least one passage; a passage is never
 * longer than `mostLetters`, and never in two languages. Sentences end where the Unicode standard says (UAX #29), at long pauses, and,
 * where somebody speaks without end, between words.
 */
export function passagesOf(
  transcript: Pick<Transcript, "jobId" | "segments">,
  { mostLetters = 700, overlapLetters = 160 }: PassageOptions = {},
): Passage[] {
  const jobId = transcript.jobId as JobId | undefined;
  if (jobId === undefined) throw new MediaError("model.invalid", "The transcript does not say which job it is of.");
  const found: Omit<Passage, "index" | "count">[] = [];
  for (const segments of runsOfOneLanguage(transcript.segments)) {
    const spoken = new SpokenText(segments);
    const sentences = sentencesOf(spoken.text, segments[0]!.language, mostLetters);
    for (const { offset, end } of grouped(sentences, mostLetters, overlapLetters)) {
      const text = spoken.text.slice(offset, end).replaceAll(/\s+/g, " ");
      const range = spoken.range(offset, end);
      const { language } = segments[0]!;
      const voiceVerdict = verdictOf(segments, range);
      found.push({ id: passageId({ jobId, ...range, text }), jobId, ...range, text, language, voiceVerdict });
    }
  }
  return found.map((passage, index) => ({ ...passage, index, count: found.length }));
}

function* runsOfOneLanguage(segments: readonly Segment[]): Generator<Segment[]> {
  let run: Segment[] = [];
  for (const segment of segments) {
    if (segment.text.trim() === "") continue;
    if (run.length > 0 && run[0]!.language !== segment.language) {
      yield run;
      run = [];
    }
    run.push(segment);
  }
  if (run.length > 0) yield run;
}

/** Sentences, or parts of them no longer than `mostLetters`, without the space around them. */
function sentencesOf(text: string, language: string, mostLetters: number): Sentence[] {
  const sentences: Sentence[] = [];
  for (const { segment, index } of segmenter(language, "sentence").segment(text)) {
    for (const part of parts(segment, index, language, mostLetters)) {
      const raw = text.slice(part.offset, part.end);
      const offset = part.offset + (raw.length - raw.trimStart().length);
      const end = offset + raw.trim().length;
      if (end > offset) sentences.push({ offset, end, letters: lettersOf(text.slice(offset, end)) });
    }
  }
  return sentences;
}

function* parts(sentence: string, start: number, language: string, mostLetters: number) {
  if (lettersOf(sentence) <= mostLetters) {
    yield { offset: start, end: start + sentence.length };
    return;
  }
  let offset = start;
  let end = start;
  let letters = 0;
  for (const { segment } of segmenter(language, "word").segment(sentence)) {
    // A word that is no word, a thousand letters without a space, is cut wherever the passage is full.
    for (const piece of lettersOf(segment) > mostLetters ? segment : [segment]) {
      const more = lettersOf(piece);
      if (letters + more > mostLetters && end > offset) {
        yield { offset, end };
        offset = end;
        letters = 0;
      }
      end += piece.length;
      letters += more;
    }
  }
  if (end > offset) yield { offset, end };
}

/** Fills passages with sentences; each begins with the last sentences of the one before, as far as both bounds allow. */
function* grouped(sentences: readonly Sentence[], mostLetters: number, overlapLetters: number) {
  let first = 0;
  while (first < sentences.length) {
    let letters = sentences[first]!.letters;
    let next = first + 1;
    while (next < sentences.length && letters + 1 + sentences[next]!.letters <= mostLetters) {
      letters += 1 + sentences[next]!.letters;
      next++;
    }
    yield { offset: sentences[first]!.offset, end: sentences[next - 1]!.end };
    if (next >= sentences.length) return;
    let overlap = 0;
    let begin = next;
    // What is repeated must leave room for the sentence that comes next, or nothing new would be said.
    while (begin - 1 > first) {
      const more = overlap + sentences[begin - 1]!.letters + 1;
      if (more > overlapLetters || more + sentences[next]!.letters > mostLetters) break;
      overlap = more;
      begin--;
    }
    first = begin;
  }
}

/** How much of a passage a text takes up. */
export function lettersOf(text: string): number {
  let letters = 0;
  for (const character of text) letters += unspaced.test(character) ? lettersOfUnspaced : character.length;
  return letters;
}

function verdictOf(
  segments: readonly Segment[],
  { startMs, endMs }: { startMs: number; endMs: number },
): VoiceVerdict | null {
  const times = new Map<VoiceVerdict, number>();
  for (const segment of segments) {
    const overlapMs = Math.min(endMs, segment.endMs) - Math.max(startMs, segment.startMs);
    const verdict = segment.voice?.verdict;
    if (verdict && overlapMs >= 0) times.set(verdict, (times.get(verdict) ?? 0) + overlapMs);
  }
  const longest = Math.max(...times.values());
  const leaders = voiceVerdicts.filter((verdict) => times.get(verdict) === longest);
  if (leaders.length === 0) return null;
  return leaders.length === 1 ? leaders[0]! : "uncertain";
}

const segmenters = new Map<string, Intl.Segmenter>();

function segmenter(language: string, granularity: "sentence" | "word"): Intl.Segmenter {
  const name = `${language} ${granularity}`;
  let known = segmenters.get(name);
  if (!known) {
    known = new Intl.Segmenter(isLocale(language) ? language : undefined, { granularity });
    segmenters.set(name, known);
  }
  return known;
}

function isLocale(language: string): boolean {
  try {
    return Intl.Segmenter.supportedLocalesOf(language).length > 0;
  } catch {
    return false;
  }
}
