import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newJobId } from "../core/index.ts";
import type { Segment } from "../transcript/index.ts";
import { lettersOf, passagesOf } from "./passages.ts";

const jobId = newJobId(0);

function segment(text: string, startMs: number, endMs: number, more: Partial<Segment> = {}): Segment {
  const measures = { temperature: null, avgLogprob: null, compressionRatio: null, noSpeechProb: null };
  return { id: 0, text, startMs, endMs, language: "en", tokens: [], flags: [], ...measures, ...more };
}

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.constantFrom(
    "one",
    "two.",
    "Really?",
    "Dr.",
    "3.5",
    "明日は",
    "晴れです。",
    "สวัสดี",
    "naïve",
    "👩‍👩‍👧",
    "a".repeat(90),
  ),
);
const spoken = fc
  .array(
    fc.tuple(
      fc.array(word, { minLength: 1, maxLength: 20 }),
      fc.nat(9000),
      fc.nat(4000),
      fc.constantFrom("en", "de", "ja", "und"),
    ),
    {
      maxLength: 12,
    },
  )
  .map((items) => {
    let clock = 0;
    return items.flatMap(([words, lengthMs, pauseMs, language]) => {
      const startMs = clock + pauseMs;
      clock = startMs + lengthMs;
      const text = words.join(" ");
      return text.trim() === "" ? [] : [segment(text, startMs, clock, { language })];
    });
  });

const withoutSpace = (text: string) => text.replaceAll(/\s+/g, "");

describe("passages", () => {
  it("cover all text in order, are never longer than they may be, and lie in the recording", () => {
    fc.assert(
      fc.property(spoken, fc.integer({ min: 40, max: 200 }), fc.nat(100), (segments, mostLetters, overlapLetters) => {
        const passages = passagesOf({ jobId, segments }, { mostLetters, overlapLetters });
        const said = withoutSpace(segments.map(({ text }) => text).join(" "));
        // Each passage is found in what was said, not before its predecessor began, and not after that one ended.
        let begin = -1;
        let covered = 0;
        for (const [n, passage] of passages.entries()) {
          expect(lettersOf(passage.text)).toBeLessThanOrEqual(mostLetters);
          expect(passage).toMatchObject({ index: n, count: passages.length });
          expect(passage.startMs).toBeLessThanOrEqual(passage.endMs);
          expect(passage.endMs).toBeLessThanOrEqual(segments.at(-1)!.endMs);
          if (n > 0) expect(passage.startMs).toBeGreaterThanOrEqual(passages[n - 1]!.startMs);
          const text = withoutSpace(passage.text);
          const places = placesOf(said, text).filter((place) => place > begin && place <= covered);
          begin = places.at(-1) ?? Number.NaN;
          expect(begin + text.length).toBeGreaterThan(covered);
          covered = begin + text.length;
        }
        expect(covered).toBe(said.length);
        expect(new Set(passages.map(({ id }) => id)).size).toBe(
          new Set(passages.map((p) => `${p.startMs} ${p.endMs} ${p.text}`)).size,
        );
      }),
    );
  });

  it("end where sentences do, and repeat the last sentence", () => {
    const segments = [
      segment(" The harvest was late. We waited", 0, 4000),
      segment(" until October. Then the rain came.", 4000, 8000),
    ];
    const passages = passagesOf({ jobId, segments }, { mostLetters: 60, overlapLetters: 30 });
    expect(passages.map(({ text }) => text)).toEqual([
      "The harvest was late. We waited until October.",
      "We waited until October. Then the rain came.",
    ]);
    expect(passages[0]!.startMs).toBe(Math.round((4000 * 1) / 32));
    expect(passages[1]!.endMs).toBe(8000);
  });

  it("take the times of words where they are known", () => {
    const words = ["Stop.", " Go", " on."].map((text, n) => ({
      text,
      startMs: 1000 * n,
      endMs: 1000 * n + 500,
      probability: null,
    }));
    const passages = passagesOf(
      { jobId, segments: [segment("Stop. Go on.", 0, 9000, { words })] },
      { mostLetters: 7, overlapLetters: 0 },
    );
    expect(passages.map(({ startMs, endMs, text }) => [startMs, endMs, text])).toEqual(
      [
        [0, 500, "Stop."],
        [1000, 2500, "Go on."],
      ].map(([startMs, endMs, text]) => [startMs === 1000 ? expect.closeTo(1000, -3) : startMs, endMs, text]),
    );
  });

  it("stay within one language, and end at a long pause", () => {
    const segments = [
      segment("Good evening", 0, 1000),
      segment("and welcome", 4000, 5000),
      segment("guten Abend", 5000, 6000, { language: "de" }),
    ];
    const passages = passagesOf({ jobId, segments }, { mostLetters: 15, overlapLetters: 0 });
    expect(passages.map(({ language, text }) => [language, text])).toEqual([
      ["en", "Good evening"],
      ["en", "and welcome"],
      ["de", "guten Abend"],
    ]);
  });

  it("keep their ids while text and time are the same, and not when the text changes", () => {
    const first = passagesOf({ jobId, segments: [segment("Same words.", 0, 1000)] });
    expect(passagesOf({ jobId, segments: [segment("Same words.", 0, 1000)] })).toEqual(first);
    expect(passagesOf({ jobId, segments: [segment("Other words.", 0, 1000)] })[0]!.id).not.toBe(first[0]!.id);
  });

  it("carry the verdict of most of their time, and none where nobody judged", () => {
    const judged = (verdict: "spoof" | "bona_fide", startMs: number, endMs: number) =>
      segment("Yes it is.", startMs, endMs, { voice: { verdict, score: 0.5 } });
    const verdictOf = (segments: Segment[]) => passagesOf({ jobId, segments })[0]!.voiceVerdict;
    expect(verdictOf([judged("spoof", 0, 3000), judged("bona_fide", 3000, 4000)])).toBe("spoof");
    expect(verdictOf([judged("spoof", 0, 1000), judged("bona_fide", 1000, 2000)])).toBe("uncertain");
    expect(verdictOf([segment("Yes it is.", 0, 1000)])).toBeNull();
  });
});

function placesOf(text: string, part: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) places.push(at);
  return places;
}
