import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeOutside } from "./placement.ts";

const said = (startMs: number, endMs: number, text = "x") => ({ startMs, endMs, text });
const span = (startMs: number, endMs: number) => ({ startMs, endMs });
const brief = (...[items, bounds]: Parameters<typeof placeOutside<ReturnType<typeof said>>>) =>
  placeOutside(items, bounds, ({ text }) => text.length).map(
    ({ item, startMs, endMs, placed }) => `${startMs}–${endMs} ${item.text}${placed ? " placed" : ""}`,
  );

describe("text whose times fall outside the audio", () => {
  it("SPEECH 30: is placed on the voice of the window", () => {
    expect(brief([said(8_820, 9_040)], { ...span(0, 1_650), speech: [span(120, 1_540)] })).toEqual([
      "120–1540 x placed",
    ]);
  });

  it("is placed on the voice that no other text has, in the order in which it was said", () => {
    const speech = [span(0, 900), span(1_200, 1_900), span(2_200, 2_900)];
    const items = [said(0, 1_000, "a"), said(3_000, 3_000, "b"), said(2_300, 3_000, "c")];
    expect(brief(items, { ...span(0, 3_000), speech })).toEqual(["0–1000 a", "1200–2300 b placed", "2300–3000 c"]);
  });

  it("shares its place by length with what has none either", () => {
    const items = [said(5_000, 5_000, "a"), said(6_000, 7_000, "bbb")];
    expect(brief(items, { ...span(0, 2_000), speech: [span(1_000, 2_000)] })).toEqual([
      "1000–1250 a placed",
      "1250–2000 bbb placed",
    ]);
  });

  it("takes the last second where nobody is heard", () => {
    expect(brief([said(9_000, 9_900)], { ...span(0, 5_000), speech: [] })).toEqual(["4000–5000 x placed"]);
    expect(brief([said(9_000, 9_900)], { ...span(0, 700), speech: [] })).toEqual(["0–700 x placed"]);
  });

  it("is given time by its neighbour where there is none left", () => {
    const bounds = { ...span(0, 2_000), speech: [span(0, 2_000)] };
    expect(brief([said(0, 2_000, "aaa"), said(2_000, 2_000, "b")], bounds)).toEqual([
      "0–1500 aaa",
      "1500–2000 b placed",
    ]);
    expect(brief([said(0, 0, "b"), said(0, 2_000, "aaa")], bounds)).toEqual(["0–500 b placed", "500–2000 aaa"]);
  });

  it("is in order, inside, without overlap and with a length, whatever the times", () => {
    const time = fc.nat(1_200);
    const items = fc.array(
      fc.tuple(time, time).map(([from, to]) => said(from, to)),
      { maxLength: 12 },
    );
    const speech = fc.array(fc.tuple(time, time), { maxLength: 6 }).map((pairs) => {
      let atMs = 0;
      return pairs.map(([gapMs, lengthMs]) => {
        const startMs = atMs + (gapMs % 200);
        atMs = startMs + (lengthMs % 200);
        return span(startMs, atMs);
      });
    });
    fc.assert(
      fc.property(items, speech, fc.integer({ min: 100, max: 1_000 }), (list, voice, endMs) => {
        const all = placeOutside(list, { ...span(50, endMs), speech: voice });
        expect(all.map(({ item }) => item)).toEqual(list);
        let atMs = 50;
        for (const placed of all) {
          expect(placed.startMs).toBeGreaterThanOrEqual(atMs);
          expect(placed.endMs).toBeLessThanOrEqual(endMs);
          atMs = placed.endMs;
        }
      }),
    );
  });
});
