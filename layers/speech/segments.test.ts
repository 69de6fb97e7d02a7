import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { id, manifest } from "./scripted-model.fixture.ts";
import { cutSegments } from "./segments.ts";

const { at, word } = id;
const cut = (tokens: number[], audioMs = 8_000) => cutSegments(tokens, { audioMs, tokens: manifest.tokens });
const times = (segments: { startMs: number; endMs: number }[]) =>
  segments.map(({ startMs, endMs }) => [startMs, endMs]);

describe("cutSegments", () => {
  it("SPEECH 17: cuts at consecutive pairs and ends at a single timestamp", () => {
    const result = cut([at(0), word(0), at(1500), at(2000), word(1), word(2), at(4480)]);
    expect(times(result.segments)).toEqual([
      [0, 1500],
      [2000, 4480],
    ]);
    expect(result.segments[1]!.tokens).toEqual([at(2000), word(1), word(2), at(4480)]);
    expect(result).toMatchObject({ unfinished: undefined, seekMs: 8_000 });
  });

  it("SPEECH 17: goes on at the last pair when text follows it without an end", () => {
    const result = cut([at(0), word(0), at(1500), at(1600), word(1)]);
    expect(times(result.segments)).toEqual([[0, 1500]]);
    expect(result.seekMs).toBe(1500);
    expect(result.unfinished).toMatchObject({ startMs: 1600, endMs: 8_000 });
  });

  it("SPEECH 17: goes on at a last pair that nothing follows", () => {
    expect(cut([at(0), word(0), at(1500), at(1500)])).toMatchObject({ unfinished: undefined, seekMs: 1500 });
  });

  it("begins the only segment at its opening timestamp", () => {
    expect(times(cut([at(2400), word(0), at(4480)]).segments)).toEqual([[2400, 4480]]);
  });

  it("lets text without a closing timestamp run to the end of the audio", () => {
    const result = cut([at(2400), word(0), word(1)]);
    expect(result).toMatchObject({ segments: [], unfinished: { startMs: 2400, endMs: 8_000 }, seekMs: 8_000 });
  });

  it("has nothing for no tokens", () => {
    expect(cut([])).toEqual({ segments: [], unfinished: undefined, seekMs: 8_000, closed: false });
  });

  it("clips to the audio", () => {
    const result = cut([at(0), word(0), at(5000), at(9000), word(1), at(9980)], 4_000);
    expect(times(result.segments)).toEqual([
      [0, 4000],
      [4000, 4000],
    ]);
  });

  it("SPEECH 17: keeps every text token exactly once, in order, inside the audio", () => {
    const token = fc.oneof(
      fc.nat(19),
      fc.nat(500).map((n) => at(20 * n)),
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), fc.integer({ min: 1, max: 10_000 }), (tokens, audioMs) => {
        const { segments, unfinished, seekMs } = cut(tokens, audioMs);
        const text = [...segments, ...(unfinished ? [unfinished] : [])].flatMap((segment) => segment.tokens);
        const isText = (t: number) => t < id.endOfText;
        expect(text.filter(isText)).toEqual(tokens.filter(isText));
        for (const t of [seekMs, ...times(segments).flat()]) {
          expect(Number.isInteger(t) && t >= 0 && t <= audioMs).toBe(true);
        }
      }),
    );
  });
});
