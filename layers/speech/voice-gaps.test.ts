import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SpeechSpan } from "./options.ts";
import { joinGaps, voicedMs, voiceWithoutText } from "./voice-gaps.ts";

describe("voiceWithoutText", () => {
  it.each([
    ["all of a span without text, less what voice activity widened", [[1_000, 5_000]], [], [[1_100, 4_800]]],
    ["nothing where text covers it", [[1_000, 5_000]], [[1_050, 4_900]], []],
    ["the rest after a text", [[1_000, 8_000]], [[900, 3_000]], [[3_000, 7_800]]],
    [
      "both sides of a text",
      [[0, 8_000]],
      [[3_000, 4_000]],
      [
        [100, 3_000],
        [4_000, 7_800],
      ],
    ],
    ["nothing that is shorter than asked", [[0, 1_000]], [[0, 400]], []],
    [
      "each span for itself",
      [
        [0, 2_000],
        [4_000, 6_000],
      ],
      [[0, 1_900]],
      [[4_100, 5_800]],
    ],
  ] as [string, SpeechSpan[], SpeechSpan[], SpeechSpan[]][])("is %s", (_, speech, texts, expected) => {
    expect(voiceWithoutText(speech, texts, { minMs: 600 })).toEqual(expected);
  });

  it("looks at the stretch that was asked for only", () => {
    expect(voiceWithoutText([[0, 9_000]], [], { minMs: 600, fromMs: 2_000, toMs: 5_000 })).toEqual([[2_000, 5_000]]);
  });

  const spans = fc.array(fc.tuple(fc.nat(2_000), fc.integer({ min: 1, max: 3_000 })), { maxLength: 8 }).map((steps) => {
    let at = 0;
    return steps.map(([pause, length]): SpeechSpan => {
      const from = at + pause;
      at = from + length;
      return [from, at];
    });
  });

  it("never overlaps a text, and lies inside the voice", () => {
    fc.assert(
      fc.property(spans, spans, (speech, texts) => {
        for (const [from, to] of voiceWithoutText(speech, texts, { minMs: 100 })) {
          expect(to - from).toBeGreaterThanOrEqual(100);
          expect(texts.some(([a, b]) => a < to && b > from)).toBe(false);
          expect(speech.some(([a, b]) => a <= from && b >= to)).toBe(true);
        }
      }),
    );
  });
});

describe("joinGaps", () => {
  it("joins over a pause, and not over a text", () => {
    const gaps: SpeechSpan[] = [
      [0, 1_000],
      [1_500, 3_000],
      [3_600, 5_000],
    ];
    expect(joinGaps(gaps, [[3_100, 3_500]], 1_000)).toEqual([
      [0, 3_000],
      [3_600, 5_000],
    ]);
  });
});

describe("voicedMs", () => {
  it("leaves out what voice activity widened", () => {
    expect(voicedMs([[1_000, 3_000]], 0, 10_000)).toBe(1_700);
    expect(voicedMs([[1_000, 3_000]], 2_000, 10_000)).toBe(800);
    expect(voicedMs([[1_000, 1_200]], 0, 10_000)).toBe(0);
  });
});
