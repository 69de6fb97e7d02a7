import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeardWord, placeAtVoice } from "./voiced-words.ts";
import { placeWords, type Wordable, wordLengths } from "./word-times.ts";

/** 3 s of background at 0 dB with sound of 40 dB in the given stretches. */
function levelsWith(...sounds: [startMs: number, endMs: number][]): Float32Array {
  const levels = new Float32Array(300);
  for (const [startMs, endMs] of sounds) levels.fill(40, startMs / 10, endMs / 10);
  return levels;
}

/** A word that time warping places from `startMs` to `endMs` and attention from `heardStartMs` to `heardEndMs`. */
const heard = (
  text: string,
  [startMs, endMs]: [number, number],
  [heardStartMs, heardEndMs]: [number, number],
): HeardWord => ({ text, tokens: text === "" ? [] : [1], startMs, endMs, heardStartMs, heardEndMs, probability: 0.9 });

function place(words: HeardWord[], levels?: Float32Array, { offsetMs = 0, audioMs = 3_000 } = {}) {
  const tokens = words.flatMap((word) => word.tokens);
  const segment: Wordable = { startMs: offsetMs, endMs: offsetMs + audioMs, tokens };
  const audioEndMs = offsetMs + audioMs;
  placeWords([segment], words, wordLengths(words), { offsetMs, audioEndMs, lastSpeechMs: offsetMs, endOfText: 100 });
  const reference = structuredClone(segment.words);
  placeAtVoice([segment], words, { offsetMs, audioEndMs, levels });
  expect(segment.words).toEqual(reference);
  return segment;
}

const times = ({ spoken }: Wordable) => spoken!.words.map(({ startMs, endMs }) => [startMs, endMs]);

describe("placeAtVoice", () => {
  it("leaves the pause before a word to nobody, and the reference's words as they are", () => {
    const words = [heard(" ask", [0, 1_000], [640, 1_020]), heard(" what", [1_000, 2_400], [2_010, 2_380])];
    const segment = place(words);
    expect(times(segment)).toEqual([
      [640, 1_020],
      [2_010, 2_380],
    ]);
    expect(segment.spoken).toMatchObject({ startMs: 640, endMs: 2_380 });
    expect(segment).toMatchObject({ startMs: 0, endMs: 2_400 });
  });

  it("moves a start and an end to the edge of the sound that is near", () => {
    const levels = levelsWith([600, 1_100], [2_050, 2_420]);
    const words = [heard(" a", [0, 1_000], [640, 1_020]), heard(" b", [1_000, 2_440], [2_010, 2_440])];
    expect(times(place(words, levels))).toEqual([
      [600, 1_100],
      [2_050, 2_420],
    ]);
  });

  it("leaves a start inside running speech where attention has it", () => {
    const words = [heard(" a", [200, 1_000], [300, 1_040]), heard(" b", [1_000, 1_800], [1_070, 1_790])];
    // A closure of 20 ms is no pause.
    const levels = levelsWith([300, 1_030], [1_050, 1_790]);
    expect(times(place(words, levels))).toEqual([
      [300, 1_030],
      [1_070, 1_790],
    ]);
  });

  it("takes the longest sound where a pause divides a word", () => {
    const levels = levelsWith([500, 540], [1_500, 1_900]);
    expect(times(place([heard(" a", [0, 2_000], [510, 2_000])], levels))).toEqual([[1_500, 1_900]]);
  });

  it("counts a burst to the word that it is near, and no click in the pause after it", () => {
    const levels = levelsWith([500, 520], [590, 900], [910, 940], [1_100, 1_120], [1_300, 1_330], [1_500, 1_520]);
    expect(times(place([heard(" a", [0, 1_900], [510, 1_900])], levels))).toEqual([[500, 940]]);
  });

  it("believes attention where a word's whole stretch is silent, and where level tells nothing", () => {
    const word = heard(" a", [0, 1_000], [640, 980]);
    expect(times(place([word], levelsWith([1_500, 1_900])))).toEqual([[640, 980]]);
    expect(times(place([word], new Float32Array(300)))).toEqual([[640, 980]]);
  });

  it("gives words of no length a length, before the end of the reference's last word", () => {
    const words = [" a", " b", " c"].map((text) => heard(text, [980, 980], [980, 980]));
    expect(times(place(words, undefined, { offsetMs: 5_000, audioMs: 1_000 }))).toEqual([
      [5_860, 5_900],
      [5_900, 5_940],
      [5_940, 5_980],
    ]);
  });

  it("gives words less than 40 ms where the audio has no room, and none where it has no milliseconds", () => {
    const words = [" a", " b", " c"].map((text) => heard(text, [0, 30], [10, 20]));
    expect(times(place(words, undefined, { audioMs: 30 }))).toEqual([
      [0, 10],
      [10, 20],
      [20, 30],
    ]);
    expect(place(words, undefined, { audioMs: 2 })).not.toHaveProperty("spoken");
  });

  it("passes over marks that were merged into a word, and segments without words", () => {
    const words = [heard(" a.", [0, 400], [100, 400]), heard("", [400, 500], [410, 480])];
    const empty: Wordable = { startMs: 0, endMs: 0, tokens: [] };
    const segments: Wordable[] = [empty, { startMs: 0, endMs: 900, tokens: [1] }];
    placeWords(segments, words, wordLengths(words), { offsetMs: 0, audioEndMs: 900, lastSpeechMs: 0, endOfText: 100 });
    placeAtVoice(segments, words, { offsetMs: 0, audioEndMs: 900 });
    expect(empty).not.toHaveProperty("spoken");
    expect(times(segments[1]!)).toEqual([[100, 400]]);
  });

  it("makes one word of what an apostrophe joins, and leaves quotation marks alone", () => {
    const texts = [" c", "'è", " l", "'arte", ",", "'1", " 'a", "' b"];
    const words = texts.map((text, i) => heard(text, [i * 200, i * 200 + 200], [i * 200 + 50, i * 200 + 180]));
    words[1]!.probability = 0.5;
    const { spoken, words: reference } = place(words);
    expect(reference).toHaveLength(texts.length);
    expect(spoken!.words.map(({ text }) => text)).toEqual([" c'è", " l'arte", ",", "'1", " 'a", "' b"]);
    expect(spoken!.words[0]).toMatchObject({ startMs: 50, endMs: 380 });
    expect(spoken!.words[0]!.probability).toBeCloseTo(0.7, 9);
  });

  it("keeps words in order, of a length, inside their segment and the audio, whatever was heard", () => {
    const ms = fc.nat(3_000);
    fc.assert(
      fc.property(
        fc.array(fc.record({ length: fc.nat(400), start: ms, end: ms, second: fc.boolean() }), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.array(fc.tuple(ms, fc.nat(800)), { maxLength: 6 }),
        fc.nat(60_000),
        fc.integer({ min: 100, max: 3_000 }),
        (drawn, sounds, offsetMs, audioMs) => {
          let cursor = 0;
          const words = drawn.map(({ length, start, end }, i) => {
            const from = Math.min(cursor, audioMs);
            cursor += length;
            return heard(
              ` ${i}`,
              [from, Math.min(cursor, audioMs)],
              [Math.min(start, audioMs), Math.min(end, audioMs)],
            );
          });
          const count = drawn.filter(({ second }) => second).length;
          const segments: Wordable[] = [words.length - count, count].map((length, i) => ({
            startMs: offsetMs + i,
            endMs: offsetMs + audioMs,
            tokens: new Array<number>(length).fill(1),
          }));
          const levels = levelsWith(
            ...sounds.map(([from, length]): [number, number] => [from, Math.min(3_000, from + length)]),
          ).subarray(0, audioMs / 10);
          const audioEndMs = offsetMs + audioMs;
          const placement = { offsetMs, audioEndMs, lastSpeechMs: offsetMs, endOfText: 100 };
          placeWords(segments, words, wordLengths(words), placement);
          placeAtVoice(segments, words, { offsetMs, audioEndMs, levels });
          let last = offsetMs;
          const leastMs = Math.min(40, Math.floor(audioMs / words.length));
          for (const { spoken } of segments.filter(({ words: placed }) => placed!.length > 0)) {
            expect(spoken!.startMs).toBe(spoken!.words[0]!.startMs);
            expect(spoken!.endMs).toBe(spoken!.words.at(-1)!.endMs);
            for (const { startMs, endMs } of spoken!.words) {
              expect(Number.isInteger(startMs) && Number.isInteger(endMs)).toBe(true);
              expect(startMs).toBeGreaterThanOrEqual(last);
              expect(endMs - startMs).toBeGreaterThanOrEqual(leastMs);
              last = endMs;
            }
          }
          expect(last).toBeLessThanOrEqual(audioEndMs);
        },
      ),
    );
  });
});
