import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeWords, shortenAtSentenceEnds, type TimedWord, type Wordable, wordLengths } from "./word-times.ts";

const timed = (text: string, startMs: number, endMs: number, tokens = [1]): TimedWord => ({
  text,
  startMs,
  endMs,
  tokens,
  probability: 0.9,
});

function place(segments: Wordable[], words: TimedWord[], own: Partial<Parameters<typeof placeWords>[3]> = {}) {
  const placement = { offsetMs: 0, audioEndMs: 30_000, lastSpeechMs: 0, endOfText: 100, ...own };
  const lengths = wordLengths(words);
  const end = placeWords(segments, words, lengths, placement);
  return { segments, end };
}

const times = (segment: Wordable) => segment.words!.map(({ startMs, endMs }) => [startMs, endMs]);

describe("wordLengths", () => {
  it("SPEECH 23: the median of words that last, capped at 0.7 s, and twice that", () => {
    const words = [timed("a", 0, 200), timed("b", 200, 200), timed("c", 200, 600)];
    expect(wordLengths(words)).toEqual({ medianMs: 300, longestMs: 600 });
    expect(wordLengths([timed("a", 0, 3000)])).toEqual({ medianMs: 700, longestMs: 1400 });
    expect(wordLengths([])).toEqual({ medianMs: 0, longestMs: 0 });
  });
});

describe("shortenAtSentenceEnds", () => {
  it("SPEECH 23: shortens a long mark at its end, and the long word after a mark at its start", () => {
    const words = [
      timed(" a", 0, 200),
      timed(".", 200, 3000),
      timed(" b", 3000, 3200),
      timed("?", 3200, 3400),
      timed(" c", 3400, 9000),
    ];
    shortenAtSentenceEnds(words);
    expect(words.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 200],
      [200, 600],
      [3000, 3200],
      [3200, 3400],
      [8600, 9000],
    ]);
  });
});

describe("placeWords", () => {
  it("SPEECH 23: gives every segment the words of its tokens, at the file's times, and takes their bounds", () => {
    const segments = [
      { startMs: 10_000, endMs: 11_000, tokens: [200, 1, 2, 201] },
      { startMs: 11_000, endMs: 12_000, tokens: [202, 3, 203] },
    ];
    const words = [timed(" a", 100, 300), timed(" b", 300, 500), timed(" c", 1200, 1500)];
    const { end } = place(segments, words, { offsetMs: 10_000, audioEndMs: 20_000, lastSpeechMs: 10_000 });
    expect(times(segments[0]!)).toEqual([
      [10_100, 10_300],
      [10_300, 10_500],
    ]);
    expect(segments.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [10_100, 10_500],
      [11_200, 11_500],
    ]);
    expect(end).toBe(11_500);
  });

  it("SPEECH 23: the first word after a pause lasts no longer than twice the median", () => {
    const segments = [{ startMs: 0, endMs: 6_000, tokens: [1, 2, 3] }];
    place(segments, [timed(" a", 0, 5000), timed(" b", 5000, 5200), timed(" c", 5200, 5400)]);
    expect(times(segments[0]!)[0]).toEqual([4600, 5000]);
  });

  it("SPEECH 23: a long second word after a pause gives way to the first", () => {
    const segments = [{ startMs: 0, endMs: 6_000, tokens: [1, 2, 3, 4] }];
    place(segments, [timed(" a", 0, 3000), timed(" b", 3000, 5000), timed(" c", 5000, 5200), timed(" d", 5200, 5400)]);
    // Median 1100, capped at 700: the boundary is 1400 before the second word's end.
    expect(times(segments[0]!).slice(0, 2)).toEqual([
      [2200, 3600],
      [3600, 5000],
    ]);
  });

  it("SPEECH 23: prefers the segment's own times where the outer words are too long", () => {
    const segments = [{ startMs: 2_000, endMs: 3_000, tokens: [1, 2, 3] }];
    place(segments, [timed(" a", 1000, 2200), timed(" b", 2200, 2400), timed(" c", 2400, 4000)], {
      lastSpeechMs: 1_000,
    });
    expect(times(segments[0]!)).toEqual([
      [2000, 2200],
      [2200, 2400],
      [2400, 3000],
    ]);
    expect(segments[0]).toMatchObject({ startMs: 2_000, endMs: 3_000 });
  });

  it("SPEECH 23: a segment without words keeps its times", () => {
    const segments = [{ startMs: 500, endMs: 900, tokens: [200, 201] }];
    expect(place(segments, []).end).toBe(0);
    expect(segments[0]).toEqual({ startMs: 500, endMs: 900, tokens: [200, 201], words: [] });
  });

  it("SPEECH 23: words lie inside their segment and the audio, and never go back", () => {
    const length = fc.nat(4_000);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(length, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 20 }),
        fc.array(fc.tuple(fc.nat(30_000), fc.nat(5_000), fc.integer({ min: 1, max: 8 })), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.nat(60_000),
        fc.integer({ min: 100, max: 30_000 }),
        (lengths, cuts, offsetMs, audioMs) => {
          let cursor = 0;
          const words = lengths.map(([ms, count], i) => {
            const startMs = Math.min(cursor, audioMs);
            cursor += Math.floor(ms / 20) * 20;
            return timed(` w${i}`, startMs, Math.min(cursor, audioMs), new Array(count).fill(1));
          });
          const segments = cuts.map(([startMs, ms, count]) => {
            const start = offsetMs + Math.min(startMs, audioMs);
            const end = Math.min(start + ms, offsetMs + audioMs);
            return { startMs: start, endMs: end, tokens: new Array<number>(count).fill(1) } as Wordable;
          });
          place(segments, words, { offsetMs, audioEndMs: offsetMs + audioMs, lastSpeechMs: offsetMs });
          let last = offsetMs;
          for (const segment of segments.filter((one) => one.words!.length > 0)) {
            expect(segment.startMs).toBeGreaterThanOrEqual(last);
            for (const word of segment.words!) {
              expect(Number.isInteger(word.startMs) && Number.isInteger(word.endMs)).toBe(true);
              expect(word.startMs).toBeGreaterThanOrEqual(Math.max(last, segment.startMs));
              expect(word.endMs).toBeGreaterThanOrEqual(word.startMs);
              last = word.endMs;
            }
            expect(last).toBeLessThanOrEqual(segment.endMs);
            expect(segment.endMs).toBeLessThanOrEqual(offsetMs + audioMs);
            last = segment.endMs;
          }
        },
      ),
    );
  });
});
