import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ThrashDetector, type ThrashSample } from "./thrash.ts";

const mebibyte = 1024 * 1024;

/** Feeds one reading every 250 ms, each adding the given amounts. @returns when the detector spoke, ms */
function speaksAtMs(
  perSecond: { majorFaults: number; refaultPages?: number; userSeconds: number },
  usageShare: (timeMs: number) => number,
  lengthMs = 10_000,
): number | undefined {
  const detector = new ThrashDetector(64 * mebibyte);
  for (let timeMs = 0; timeMs <= lengthMs; timeMs += 250) {
    const seconds = timeMs / 1000;
    const sample: ThrashSample = {
      timeMs,
      usageBytes: usageShare(timeMs) * 64 * mebibyte,
      majorFaults: perSecond.majorFaults * seconds,
      refaultPages: perSecond.refaultPages === undefined ? undefined : perSecond.refaultPages * seconds,
      userSeconds: perSecond.userSeconds * seconds,
      oomKills: 0,
    };
    if (detector.add(sample)) return timeMs;
  }
  return undefined;
}

// Measured on Linux 6.18 with onnxruntime-node in groups of 48 and 64 MB, and with a 300 MB file in one of 128 MB.
const stuckAt48 = { majorFaults: 220, refaultPages: 286_000, userSeconds: 0.01 };
const stuckWhileGrowing = { majorFaults: 105, refaultPages: 186_000, userSeconds: 0 };
const streaming = { majorFaults: 4, refaultPages: 76_000, userSeconds: 0.05 };

describe("recognising a process that thrashes", () => {
  it.each([
    ["a node process without room for its code", stuckAt48],
    ["a process that grew up to its limit", stuckWhileGrowing],
    ["the same on a kernel that does not count refaults", { ...stuckAt48, refaultPages: undefined }],
  ])("speaks after two seconds of %s", (_name, rates) => {
    expect(speaksAtMs(rates, () => 0.999)).toBe(2000);
  });

  it.each([
    ["a large file streamed through the page cache", streaming, 1],
    ["a first pass over mapped weights", { majorFaults: 800, refaultPages: 0, userSeconds: 0.1 }, 1],
    ["slow progress at the limit", { ...stuckAt48, userSeconds: 0.5 }, 1],
    ["room that is left", stuckAt48, 0.9],
  ])("is silent about %s", (_name, rates, usageShare) => {
    expect(speaksAtMs(rates, () => usageShare)).toBeUndefined();
  });

  it("starts anew after a moment of relief", () => {
    expect(speaksAtMs(stuckAt48, (timeMs) => (timeMs === 1500 ? 0.8 : 1))).toBe(3750);
  });

  it("never speaks before two seconds have passed, whatever is read", () => {
    const reading = fc.record({
      usageBytes: fc.nat(128 * mebibyte),
      majorFaults: fc.nat(1_000_000),
      refaultPages: fc.option(fc.nat(1_000_000), { nil: undefined }),
      userSeconds: fc.double({ min: 0, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 40 }), (readings) => {
        const detector = new ThrashDetector(64 * mebibyte);
        const early = readings.map((each, index) => detector.add({ ...each, oomKills: 0, timeMs: index * 49 }));
        expect(early).not.toContain(true);
      }),
    );
  });
});
