import { levelStepMs, type SoundLevels, silentFrames } from "../audio/index.ts";
import type { SegmentWord, TimedWord, Wordable } from "./word-times.ts";

/** A word, and the times in which the model's attention heard it, from the beginning of the encoded audio. */
export type HeardWord = TimedWord & { heardStartMs: number; heardEndMs: number };

/** Words where they are heard, and from the first to the last of them. */
export type Spoken = { startMs: number; endMs: number; words: SegmentWord[] };

export type VoicePlacement = {
  /** Where the encoded audio lies on the clock of the segments, and where it ends there. */
  offsetMs: number;
  audioEndMs: number;
  /** How loud the encoded audio is, see `melLevels`. Left out, attention alone decides. */
  levels?: SoundLevels | undefined;
};

/** No word is shorter, unless there are more words than the audio has room for. As the shortest function words of fast speech. */
const minWordMs = 40;
/**
 * How far attention is from the sound's edge at most: measured on digits with known edges (90th percentile 0.1 s). A start or an end
 * moves to an edge that is nearer than this, and stays where none is.
 */
const edgeMs = 100;
/** Silence this long stands before a start; less is the closure of a plosive. */
const beforeStartMs = 40;
/** Silence this long divides what sounds into pieces, of which a word is one: it is longer than the closure inside any word. */
const pauseMs = 300;
/** Sound shorter than this is no word but may be the burst of a plosive, which is no farther from the rest than its closure is long. */
const clickMs = 50;
const closureMs = 100;

/**
 * Says in `spoken` where the words of every segment are heard. `words` and the segments' own times stay those of the reference, where
 * the pause before a word counts as the word: they begin where the one before ends, since the path of time warping has no gaps.
 *
 * A word begins in the middle of the attention to its first token, and ends where attention to its successor begins. Where the level
 * tells sound from silence, both move to the sound's edge if that is near. Words keep their order, have a length, and lie
 * between the beginning of the audio and the end of the last word of the reference, where the next decoding begins.
 *
 * Two words of the reference that an apostrophe joins ("l'arte") are one here.
 *
 * @param words as they were given to `placeWords`
 */
export function placeAtVoice(
  segments: readonly Wordable[],
  words: readonly HeardWord[],
  { offsetMs, audioEndMs, levels }: VoicePlacement,
): void {
  const own = segments.flatMap(({ words: placed = [] }) => placed);
  const heard = words.filter(({ text }) => text !== "").slice(0, own.length);
  const last = own.at(-1);
  if (!last || heard.length < own.length) return;
  const roomMs = Math.min(audioEndMs, Math.max(last.endMs, offsetMs + own.length * minWordMs)) - offsetMs;
  const silent = levels && silentFrames(levels);
  const wanted = heard.map((word, i) => soundOf(word, heard[i + 1], silent));
  const spans = inOrder(wanted, roomMs);
  if (!spans) return;
  let next = 0;
  for (const segment of segments) {
    if (!segment.words?.length) continue;
    const spoken: SegmentWord[] = [];
    let tokens = 0;
    for (const word of segment.words) {
      const startMs = offsetMs + spans[next]!.startMs;
      const endMs = offsetMs + spans[next]!.endMs;
      const added = heard[next++]!.tokens.length;
      const before = spoken.at(-1);
      if (before && isElided(before.text, word.text)) {
        before.probability = (before.probability * tokens + word.probability * added) / (tokens + added);
        before.text += word.text;
        before.endMs = endMs;
        tokens += added;
      } else {
        spoken.push({ ...word, startMs, endMs });
        tokens = added;
      }
    }
    segment.spoken = { startMs: spoken[0]!.startMs, endMs: spoken.at(-1)!.endMs, words: spoken };
  }
}

/** "c" and "'è": the reference begins a word at an apostrophe that is a token of its own, also between two letters. */
function isElided(before: string, text: string): boolean {
  return /^['’]\p{L}/u.test(text) && /\p{L}$/u.test(before);
}

type Times = { startMs: number; endMs: number };

/** Whole milliseconds inside [0, roomMs], one after the other, none of length 0; undefined where there is no room for that. */
function inOrder(wanted: readonly Times[], roomMs: number): Times[] | undefined {
  const leastMs = Math.min(minWordMs, Math.floor(roomMs / wanted.length));
  if (leastMs < 1) return undefined;
  const spans = wanted.map(({ startMs, endMs }) => ({ startMs: Math.round(startMs), endMs: Math.round(endMs) }));
  let floorMs = 0;
  for (const span of spans) {
    span.startMs = Math.max(span.startMs, floorMs);
    floorMs = span.startMs + leastMs;
  }
  let ceilingMs = roomMs;
  for (const span of spans.toReversed()) {
    span.startMs = Math.min(span.startMs, ceilingMs - leastMs);
    span.endMs = Math.max(span.startMs + leastMs, Math.min(span.endMs, ceilingMs));
    ceilingMs = span.startMs;
  }
  return spans;
}

/** From where attention heard it to where it sounds, if that can be told. */
function soundOf(word: HeardWord, next: HeardWord | undefined, silent: Uint8Array | undefined): Times {
  const { heardStartMs: startMs } = word;
  const endMs = Math.max(startMs + minWordMs, Math.min(word.heardEndMs, next?.heardStartMs ?? word.heardEndMs));
  if (!silent) return { startMs, endMs };
  const first = Math.floor(startMs / levelStepMs);
  const end = Math.min(Math.ceil(endMs / levelStepMs), silent.length);
  const piece = longestSound(silent, first, end);
  if (!piece) return { startMs, endMs };
  const soundMs = { startMs: piece.first * levelStepMs, endMs: piece.end * levelStepMs };
  if (piece.first === first) soundMs.startMs = edgeBefore(silent, first) ?? startMs;
  if (piece.end === end) soundMs.endMs = edgeAfter(silent, end) ?? endMs;
  return soundMs;
}

type Frames = { first: number; end: number };

/** The longest piece of [first, end) that is not silent and that no pause interrupts. */
function longestSound(silent: Uint8Array, first: number, end: number): Frames | undefined {
  let longest: Frames | undefined;
  let piece: Frames | undefined;
  for (const sound of soundsOf(silent, first, end)) {
    const clicks = !piece || lengthMs(piece) < clickMs || lengthMs(sound) < clickMs;
    if (piece && (sound.first - piece.end) * levelStepMs < (clicks ? closureMs : pauseMs)) piece.end = sound.end;
    else piece = sound;
    if (!longest || lengthMs(piece) > lengthMs(longest)) longest = piece;
  }
  return longest;
}

function* soundsOf(silent: Uint8Array, first: number, end: number): Generator<Frames> {
  for (let t = first; t < end; t++) {
    if (silent[t]) continue;
    const sound = { first: t, end: t + 1 };
    while (sound.end < end && !silent[sound.end]) sound.end++;
    yield sound;
    t = sound.end;
  }
}

function lengthMs({ first, end }: Frames): number {
  return (end - first) * levelStepMs;
}

/** Where the sound that `frame` is in begins after a silence, if that is near. */
function edgeBefore(silent: Uint8Array, frame: number): number | undefined {
  const needed = beforeStartMs / levelStepMs;
  for (let t = frame - 1, run = 0; t >= 0; t--) {
    run = silent[t] ? run + 1 : 0;
    if (run === 0 && (frame - t) * levelStepMs > edgeMs) return undefined;
    if (run === needed) return (t + needed) * levelStepMs;
  }
  return undefined;
}

/** Where the sound ends that goes on before `frame`, if that is near. */
function edgeAfter(silent: Uint8Array, frame: number): number | undefined {
  const most = Math.min(silent.length, frame + edgeMs / levelStepMs);
  for (let t = frame; t < most; t++) if (silent[t]) return t * levelStepMs;
  return undefined;
}
