import { describe, expect, it } from "vitest";
import type { LedgerInterval, LedgerKind } from "./types.ts";
import { unrecognisedStretches, unrecognisedWarnings } from "./unrecognised.ts";

/** Intervals one after the other, of so many milliseconds each. */
function ledger(...parts: [LedgerKind, number][]): LedgerInterval[] {
  let atMs = 0;
  return parts.map(([kind, lengthMs]) => {
    const startMs = atMs;
    atMs += lengthMs;
    return { startMs, endMs: atMs, kind };
  });
}
const brief = (intervals: LedgerInterval[]) =>
  unrecognisedStretches(intervals).map(({ startMs, endMs }) => `${startMs}–${endMs}`);

describe("voice without text", () => {
  it("SPEECH 26: is noticed where it is longer than 2 s", () => {
    expect(brief(ledger(["speech", 5_000], ["unrecognised", 2_000], ["silence", 4_000]))).toEqual([]);
    expect(brief(ledger(["speech", 5_000], ["unrecognised", 2_001], ["silence", 4_000]))).toEqual(["5000–7001"]);
  });

  it("is one stretch over a gap within a word, even with text in it, and the gap counts", () => {
    expect(brief(ledger(["unrecognised", 1_000], ["speech", 299], ["unrecognised", 702]))).toEqual(["0–2001"]);
  });

  it("is one stretch over a pause without text, and the pause does not count", () => {
    const over = (kind: LedgerKind) => brief(ledger(["unrecognised", 1_500], [kind, 900], ["unrecognised", 600]));
    expect(over("silence")).toEqual(["0–3000"]);
    expect(over("other")).toEqual(["0–3000"]);
    expect(over("speech")).toEqual([]);
    expect(brief(ledger(["unrecognised", 1_000], ["silence", 900], ["unrecognised", 600]))).toEqual([]);
  });

  it("is one warning, with the times of all stretches", () => {
    const long: [LedgerKind, number][] = [
      ["speech", 1_850_000],
      ["unrecognised", 17_000],
      ["speech", 60_000],
      ["unrecognised", 2_500],
    ];
    expect(unrecognisedWarnings(ledger(...long))).toEqual([
      "30:50–31:07, 32:07–32:10: a voice is heard, but there is no text for it (19.5 s in all).",
    ]);
    expect(unrecognisedWarnings(ledger(["speech", 9_000]))).toEqual([]);
  });

  it("names the first 20 places where there are more", () => {
    const many = Array.from({ length: 22 }, (): [LedgerKind, number][] => [
      ["speech", 4_000],
      ["unrecognised", 2_500],
    ]).flat();
    const [line, ...others] = unrecognisedWarnings(ledger(...many));
    expect(others).toEqual([]);
    expect(line).toMatch(
      /^0:04–0:07, .* and 2 more: a voice is heard, but there is no text for it \(55\.0 s in all\)\.$/,
    );
  });
});
