import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { promptRoom } from "./decode.ts";
import { windowPrompt } from "./prompt.ts";

/** A Whisper's room for a prompt is 223 tokens, of 448 positions. */
const whisper = { maxTargetPositions: 448 };
const tokens = (from: number) => fc.array(fc.integer({ min: from, max: from + 99 }), { maxLength: 400 });
const parts = fc.record({ hotwords: tokens(1_000), carried: tokens(2_000), previous: tokens(3_000) });

describe("windowPrompt", () => {
  it("SPEECH 18: holds the beginning of the hotwords, then the ends of what is carried and of what was said, and never too much", () => {
    fc.assert(
      fc.property(parts, ({ hotwords, carried, previous }) => {
        const prompt = windowPrompt(whisper, { hotwords, carried, previous });
        const part = (from: number) => prompt.filter((token) => token >= from && token < from + 1_000);
        const [first, second, third] = [part(1_000), part(2_000), part(3_000)];
        expect(prompt).toEqual([...first, ...second, ...third]);
        expect(first).toEqual(hotwords.slice(0, first.length));
        expect(second).toEqual(carried.slice(carried.length - second.length));
        expect(third).toEqual(previous.slice(previous.length - third.length));
        expect(prompt.length).toBe(Math.min(promptRoom(whisper), usable(hotwords, carried, previous)));
      }),
    );
  });

  it("gives all of the room to hotwords where there is nothing else, and no more than half where there is", () => {
    const hotwords = new Array<number>(300).fill(7);
    expect(windowPrompt(whisper, { hotwords, previous: [] })).toHaveLength(223);
    expect(windowPrompt(whisper, { hotwords, previous: [1] })).toEqual([...hotwords.slice(0, 111), 1]);
    expect(windowPrompt(whisper, { hotwords, carried: [1], previous: [] })).toEqual([...hotwords.slice(0, 111), 1]);
  });
});

/** What there is to put in: hotwords beyond half of the room are only there where nothing else is. */
function usable(hotwords: number[], carried: number[], previous: number[]): number {
  const context = carried.length + previous.length;
  return (context > 0 ? Math.min(hotwords.length, 111) : hotwords.length) + context;
}
