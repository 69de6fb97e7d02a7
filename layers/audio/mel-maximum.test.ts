import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logMel, maximumOf } from "./mel.ts";
import { LogMelMaximum } from "./mel-maximum.ts";

/** A tone whose level wanders, so that the maximum may lie anywhere. */
function signal(samples: number, seed: number): Float32Array {
  let state = seed >>> 0;
  let level = 0.1;
  return Float32Array.from({ length: samples }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (i % 800 === 0) level = state / 2 ** 32;
    return level * Math.sin((i * (200 + (seed % 900))) / 16_000) + (state / 2 ** 32 - 0.5) / 100;
  });
}

const wholeFile = (pcm: Float32Array) =>
  maximumOf(logMel({ pcm, melBins: 80, frames: Math.ceil(pcm.length / 160) + 3 }));

describe("LogMelMaximum", () => {
  it("SPEECH 4: the streamed maximum of a file equals that of its whole log-mel, however it is cut", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 201, max: 110_000 }),
        fc.integer({ min: 1, max: 40_000 }),
        fc.nat(1e6),
        (samples, portion, seed) => {
          const pcm = signal(samples, seed);
          const maximum = new LogMelMaximum();
          for (let at = 0; at < samples; at += portion) maximum.push(pcm.subarray(at, at + portion));
          expect(maximum.finish()).toBe(wholeFile(pcm));
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each([0, 1, 47_999, 48_000, 48_001, 48_199, 48_200, 48_201, 96_200])(
    "SPEECH 4: holds at the edges of its blocks (%i samples)",
    (samples) => {
      const pcm = signal(samples, 7);
      const maximum = new LogMelMaximum();
      maximum.push(pcm);
      expect(maximum.finish()).toBe(wholeFile(pcm));
    },
  );

  it("SPEECH 4: takes the model's number of mel bins", () => {
    const pcm = signal(60_000, 3);
    const maximum = new LogMelMaximum(128);
    maximum.push(pcm);
    const frames = Math.ceil(pcm.length / 160) + 3;
    expect(maximum.finish()).toBe(maximumOf(logMel({ pcm, melBins: 128, frames })));
  });
});
