import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildLedger, type LedgerInput, ledgerReasons } from "./ledger.ts";
import { type ActivitySpan, type Hallucination, ledgerSchema } from "./types.ts";

const span = (startMs: number, endMs: number, kind: ActivitySpan["kind"]): ActivitySpan => ({ startMs, endMs, kind });
const brief = (input: LedgerInput) =>
  buildLedger(input).intervals.map(({ startMs, endMs, kind, reason }) =>
    [startMs, endMs, kind, ...(reason ? [reason] : [])].join(" "),
  );

describe("buildLedger", () => {
  it("tells speech, silence and other sound apart", () => {
    const ledger = brief({
      durationMs: 10_000,
      activity: [span(0, 1_000, "silence"), span(1_000, 7_000, "speech"), span(7_000, 10_000, "other")],
      windows: [
        {
          startMs: 500,
          endMs: 10_000,
          outcome: "ok",
          segments: [
            { startMs: 900, endMs: 4_000, text: "eins" },
            { startMs: 4_000, endMs: 6_000, text: " " },
          ],
        },
      ],
    });
    expect(ledger).toEqual([
      "0 900 silence",
      "900 4000 speech",
      "4000 7000 unrecognised voice_without_text",
      "7000 10000 other",
    ]);
  });

  it("fails a window with its reason, but not the silence in it", () => {
    const ledger = brief({
      durationMs: 9_000,
      activity: [span(0, 4_000, "speech"), span(4_000, 5_000, "silence"), span(5_000, 9_000, "other")],
      windows: [{ startMs: 0, endMs: 9_000, outcome: "failed", reason: "memory.exceeded", segments: [] }],
    });
    expect(ledger).toEqual(["0 4000 failed memory.exceeded", "4000 5000 silence", "5000 9000 failed memory.exceeded"]);
  });

  it("does not pass off as heard what nobody listened to", () => {
    const ledger = brief({
      durationMs: 9_000,
      activity: [span(0, 3_000, "speech"), span(3_000, 6_000, "silence")],
      windows: [],
    });
    expect(ledger).toEqual([
      `0 3000 failed ${ledgerReasons.notTranscribed}`,
      "3000 6000 silence",
      `6000 9000 failed ${ledgerReasons.notAnalysed}`,
    ]);
  });

  it("is other sound where nobody speaks, and failed where somebody does, in time that no window covers", () => {
    const ledger = brief({
      durationMs: 9_000,
      activity: [span(0, 4_000, "other"), span(4_000, 5_000, "speech"), span(5_000, 9_000, "other")],
      windows: [{ startMs: 6_000, endMs: 7_000, outcome: "ok", segments: [] }],
    });
    expect(ledger).toEqual(["0 4000 other", `4000 5000 failed ${ledgerReasons.notTranscribed}`, "5000 9000 other"]);
  });

  it("does not call speech what is judged likely invented: its time is what is heard there", () => {
    const invented = { verdict: "likely" as const, signs: [], voiceShare: 0, repeats: 0 };
    const segment = (startMs: number, endMs: number, hallucination: Hallucination) => ({
      ...{ startMs, endMs, text: "Thank you.", hallucination },
    });
    const ledger = brief({
      durationMs: 9_000,
      activity: [span(0, 3_000, "silence"), span(3_000, 6_000, "other"), span(6_000, 9_000, "speech")],
      windows: [
        {
          ...{ startMs: 0, endMs: 9_000, outcome: "ok" },
          segments: [segment(1_000, 7_000, invented), segment(7_000, 9_000, { ...invented, verdict: "doubtful" })],
        },
      ],
    });
    expect(ledger).toEqual([
      "0 3000 silence",
      "3000 6000 other",
      "6000 7000 unrecognised voice_without_text",
      "7000 9000 speech",
    ]);
  });

  it("has no interval of a few milliseconds: they belong to what is beside them", () => {
    const ledger = brief({
      durationMs: 4_124,
      activity: [span(0, 2_000, "silence"), span(2_000, 2_004, "other"), span(2_004, 4_119, "speech")],
      windows: [
        { startMs: 2_000, endMs: 4_119, outcome: "ok", segments: [{ startMs: 2_010, endMs: 4_119, text: "ja" }] },
      ],
    });
    expect(ledger).toEqual(["0 2010 silence", "2010 4124 speech"]);
  });

  it("keeps the time of a text, however short, and of what failed for a reason of its own", () => {
    const ledger = brief({
      durationMs: 3_000,
      activity: [span(0, 3_000, "other")],
      windows: [
        { startMs: 0, endMs: 1_000, outcome: "ok", segments: [{ startMs: 500, endMs: 501, text: "ja" }] },
        { startMs: 1_000, endMs: 1_005, outcome: "failed", reason: "media.timeout", segments: [] },
        { startMs: 1_005, endMs: 3_000, outcome: "ok", segments: [] },
      ],
    });
    expect(ledger).toEqual([
      ...["0 500 other", "500 501 speech", "501 1000 other"],
      ...["1000 1005 failed media.timeout", "1005 3000 other"],
    ]);
  });

  it("reads totals of earlier versions, which had no such kind", () => {
    const totalsMs = { speech: 1, silence: 0, other: 2, failed: 0 };
    expect(ledgerSchema.parse({ intervals: [], totalsMs }).totalsMs).toEqual({ ...totalsMs, unrecognised: 0 });
  });

  it("forgives slivers of rounding", () => {
    const ledger = brief({
      durationMs: 3_009,
      activity: [span(0, 3_000, "other")],
      windows: [{ startMs: 12, endMs: 3_000, outcome: "ok", segments: [] }],
    });
    expect(ledger).toEqual(["0 3009 other"]);
  });

  it("keeps text where voice activity heard nothing", () => {
    const ledger = brief({
      durationMs: 2_000,
      activity: [span(0, 2_000, "silence")],
      windows: [{ startMs: 0, endMs: 2_000, outcome: "ok", segments: [{ startMs: 500, endMs: 700, text: "psst" }] }],
    });
    expect(ledger).toEqual(["0 500 silence", "500 700 speech", "700 2000 silence"]);
  });

  it("is empty for no audio", () => {
    expect(buildLedger({ durationMs: 0, activity: [], windows: [] })).toEqual({
      intervals: [],
      totalsMs: { speech: 0, silence: 0, other: 0, unrecognised: 0, failed: 0 },
    });
  });

  it("partitions the duration exactly, whatever it is given", () => {
    const anySpan = fc.record({
      startMs: fc.integer({ min: -50, max: 1_200 }),
      endMs: fc.double({ min: -50, max: 1_200, noNaN: true }),
    });
    const activity = fc.array(
      fc
        .tuple(anySpan, fc.constantFrom("speech" as const, "silence" as const, "other" as const))
        .map(([s, kind]) => ({ ...s, kind })),
    );
    const segments = fc.array(fc.tuple(anySpan, fc.constantFrom("", "ja")).map(([s, text]) => ({ ...s, text })));
    const windows = fc.array(
      fc.oneof(
        fc.tuple(anySpan, segments).map(([s, found]) => ({ ...s, outcome: "ok" as const, segments: found })),
        anySpan.map((s) => ({ ...s, outcome: "failed" as const, reason: "media.timeout", segments: [] })),
      ),
    );
    fc.assert(
      fc.property(fc.nat(1_000), activity, windows, (durationMs, spans, parts) => {
        const ledger = buildLedger({ durationMs, activity: spans, windows: parts });
        ledgerSchema.parse(ledger);
        let atMs = 0;
        let before = "";
        for (const { startMs, endMs, kind, reason } of ledger.intervals) {
          expect(startMs).toBe(atMs);
          expect(endMs).toBeGreaterThan(startMs);
          expect(`${kind} ${reason}`).not.toBe(before);
          if (kind === "failed") expect(reason).toBeTruthy();
          before = `${kind} ${reason}`;
          atMs = endMs;
        }
        expect(atMs).toBe(durationMs);
        const total = Object.values(ledger.totalsMs).reduce((sum, ms) => sum + ms, 0);
        expect(total).toBe(durationMs);
      }),
    );
  });
});
