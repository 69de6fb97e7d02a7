import type { Span } from "./types.ts";

/** Where nobody is heard, text takes so much of the end. */
const unvoicedMs = 1_000;

type Bounds = Span & {
  /** Where voice activity heard speech, in order, on the clock of the items. */
  speech: readonly Span[];
};

/** An item with the time that it has now; `placed` where that is not its own. */
export type Placed<T> = { item: T; startMs: number; endMs: number; placed: boolean };

/**
 * Gives text a place whose own times leave it no length inside the audio: a decoder's timestamps may lie behind the end of a short
 * stretch, and what it heard there was said all the same. Such text goes on the voice that nothing else has: after the text before it, and
 * before the text after it. Where there is no voice it goes on the last second there; where there is no time at all, the text before it (or
 * after it) gives some of its own. Several that share a place divide it by their weights.
 *
 * @param items in the order in which they were said
 * @param weightOf how much of a shared place an item takes, such as the length of its text
 * @returns all items in order, inside the bounds, none overlapping another; one has no length only where the bounds have no room
 */
export function placeOutside<T extends Span>(
  items: readonly T[],
  { startMs, endMs, speech }: Bounds,
  weightOf: (item: T) => number = () => 1,
): Placed<T>[] {
  const all: Placed<T>[] = [];
  let atMs = startMs;
  for (const item of items) {
    const from = Math.max(item.startMs, atMs);
    const to = Math.min(item.endMs, endMs);
    const placed = from >= to;
    all.push({ item, startMs: placed ? atMs : from, endMs: placed ? atMs : to, placed });
    if (!placed) atMs = to;
  }
  for (let first = 0; first < all.length; first++) {
    if (!all[first]!.placed) continue;
    let last = first;
    while (all[last + 1]?.placed) last++;
    const run = all.slice(first, last + 1);
    const before = all[first - 1];
    const after = all[last + 1];
    const room = { startMs: before?.endMs ?? startMs, endMs: after?.startMs ?? endMs };
    if (room.endMs - room.startMs >= run.length) divide(run, freeVoice(room, speech, run.length), weightOf);
    else if (before) divide([before, ...run], { startMs: before.startMs, endMs: room.endMs }, weightOf);
    else if (after) divide([...run, after], { startMs: room.startMs, endMs: after.endMs }, weightOf);
    first = last;
  }
  return all;
}

/** From where voice begins in the room to where it ends; else the room's last second. */
function freeVoice(room: Span, speech: readonly Span[], minMs: number): Span {
  const inside = speech
    .map((span) => ({ startMs: Math.max(span.startMs, room.startMs), endMs: Math.min(span.endMs, room.endMs) }))
    .filter((span) => span.endMs > span.startMs);
  const voice = { startMs: inside[0]?.startMs ?? room.endMs, endMs: inside.at(-1)?.endMs ?? room.endMs };
  if (voice.endMs - voice.startMs >= minMs) return voice;
  return { startMs: Math.max(room.startMs, room.endMs - Math.max(unvoicedMs, minMs)), endMs: room.endMs };
}

/** One after the other by weight, each at least 1 ms where the place has so many. */
function divide<T>(run: readonly Placed<T>[], place: Span, weightOf: (item: T) => number): void {
  const weights = run.map(({ item }) => Math.max(weightOf(item), 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let weight = 0;
  let atMs = place.startMs;
  for (const [i, part] of run.entries()) {
    weight += weights[i]!;
    const shareMs = Math.round(((place.endMs - place.startMs) * weight) / total);
    const latestMs = place.endMs - (run.length - 1 - i);
    part.startMs = atMs;
    atMs = Math.max(atMs, Math.min(Math.max(place.startMs + shareMs, atMs + 1), latestMs));
    part.endMs = atMs;
  }
}
