import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActivitySpan } from "../audio/index.ts";
import { type Interval, packSpeech } from "./packing.ts";

const lengthOf = (intervals: readonly Interval[]) =>
  intervals.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);

function spans(...parts: [kind: ActivitySpan["kind"], ms: number][]): ActivitySpan[] {
  let at = 0;
  return parts.map(([kind, ms]) => {
    const startMs = at;
    at += ms;
    return { kind, startMs, endMs: at };
  });
}

const activities = fc
  .array(fc.tuple(fc.constantFrom("speech", "silence", "other"), fc.integer({ min: 10, max: 9000 })), { maxLength: 60 })
  .map((parts) => spans(...(parts as [ActivitySpan["kind"], number][])));

describe("packSpeech", () => {
  it("fills windows with the speech of neighbouring spans and leaves the pauses out", () => {
    const { windows } = packSpeech(spans(["speech", 3000], ["silence", 2000], ["speech", 5000]), { windowMs: 4000 });
    expect(windows).toEqual([
      {
        index: 0,
        intervals: [
          { startMs: 0, endMs: 3000 },
          { startMs: 5000, endMs: 6000 },
        ],
        own: [
          { startMs: 0, endMs: 3000 },
          { startMs: 5000, endMs: 6000 },
        ],
        speechMs: 4000,
        ownMs: 4000,
      },
      {
        index: 1,
        intervals: [{ startMs: 6000, endMs: 10_000 }],
        own: [{ startMs: 6000, endMs: 10_000 }],
        speechMs: 4000,
        ownMs: 4000,
      },
    ]);
  });

  it("lets the last window reach back so that it is full, and divides what two windows hear", () => {
    const { windows } = packSpeech(spans(["speech", 9000]), { windowMs: 4000 });
    expect(windows.map(({ intervals }) => intervals[0])).toEqual([
      { startMs: 0, endMs: 4000 },
      { startMs: 4000, endMs: 8000 },
      { startMs: 5000, endMs: 9000 },
    ]);
    expect(windows.map(({ own }) => own[0])).toEqual([
      { startMs: 0, endMs: 4000 },
      { startMs: 4000, endMs: 6500 },
      { startMs: 6500, endMs: 9000 },
    ]);
  });

  it("overlaps windows by a hop, each standing for its middle", () => {
    const { windows } = packSpeech(spans(["speech", 8000]), { windowMs: 4000, hopMs: 2000 });
    expect(windows.map(({ own }) => own[0])).toEqual([
      { startMs: 0, endMs: 3000 },
      { startMs: 3000, endMs: 5000 },
      { startMs: 5000, endMs: 8000 },
    ]);
  });

  it("leaves speech unjudged where the hop is longer than the window", () => {
    const { windows, speechMs } = packSpeech(spans(["speech", 20_000]), { windowMs: 4000, hopMs: 8000 });
    expect(windows.map(({ own }) => own[0]?.startMs)).toEqual([0, 8000, 16_000]);
    expect(windows.reduce((sum, { ownMs }) => sum + ownMs, 0)).toBeLessThan(speechMs);
  });

  it("does not pack speech from both sides of a long pause together", () => {
    const apart = spans(["speech", 3000], ["silence", 60_000], ["speech", 3000]);
    expect(packSpeech(apart, { windowMs: 4000 }).windows).toHaveLength(2);
    expect(packSpeech(apart, { windowMs: 4000, maxGapMs: 60_000 }).windows).toHaveLength(2);
    expect(packSpeech(apart, { windowMs: 10_000, maxGapMs: 60_000 }).windows).toHaveLength(1);
  });

  it("puts a word that stands alone with its neighbours", () => {
    const { windows } = packSpeech(spans(["speech", 3000], ["silence", 60_000], ["speech", 300]), { windowMs: 4000 });
    expect(windows).toHaveLength(1);
    expect(windows[0]?.speechMs).toBe(3300);
  });

  it.each([
    ["silence", spans(["silence", 60_000])],
    ["music", spans(["other", 60_000])],
    ["0.3 s of speech", spans(["silence", 1000], ["speech", 300], ["silence", 1000])],
    ["nothing", []],
  ])("makes no window of %s", (_, activity) => {
    expect(packSpeech(activity, { windowMs: 4000 }).windows).toEqual([]);
  });

  it("counts speech, other sound and silence", () => {
    expect(packSpeech(spans(["speech", 10], ["other", 20], ["silence", 30]), { windowMs: 4000 })).toMatchObject({
      speechMs: 10,
      otherMs: 20,
      silenceMs: 30,
    });
  });

  it("refuses a window or a hop that is nothing", () => {
    expect(() => packSpeech([], { windowMs: 0 })).toThrow(RangeError);
    expect(() => packSpeech([], { windowMs: 4000, hopMs: -1 })).toThrow(RangeError);
  });

  it("gives every moment of judgeable speech to exactly one window (any recording)", () => {
    fc.assert(
      fc.property(
        activities,
        fc.constantFrom(4000, 5120, 10_240),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (activity, windowMs, overlap) => {
          const hopMs = Math.ceil(windowMs * overlap);
          const { windows, speechMs } = packSpeech(activity, { windowMs, hopMs });
          const own = windows.flatMap((window) => window.own);
          for (const [i, { startMs, endMs }] of own.entries()) {
            expect(endMs).toBeGreaterThan(startMs);
            if (i > 0) expect(startMs).toBeGreaterThanOrEqual(own[i - 1]!.endMs);
          }
          if (windows.length > 0) expect(lengthOf(own)).toBe(speechMs);
          else expect(speechMs).toBeLessThan(1000);
          for (const { intervals, speechMs: heard, own: mine, ownMs } of windows) {
            expect(lengthOf(intervals)).toBe(heard);
            expect(lengthOf(mine)).toBe(ownMs);
            expect(heard).toBeLessThanOrEqual(windowMs);
            for (const part of mine) {
              expect(
                intervals.some((heardPart) => heardPart.startMs <= part.startMs && part.endMs <= heardPart.endMs),
              ).toBe(true);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("hears nothing but speech (any recording)", () => {
    fc.assert(
      fc.property(activities, (activity) => {
        const speech = activity.filter(({ kind }) => kind === "speech");
        for (const { intervals } of packSpeech(activity, { windowMs: 4000 }).windows) {
          for (const { startMs, endMs } of intervals) {
            expect(speech.some((span) => span.startMs <= startMs && endMs <= span.endMs)).toBe(true);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
