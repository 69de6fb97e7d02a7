import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PeakMeter } from "./peaks.ts";

const measure = (samples: Float32Array, chunk: number) => {
  const meter = new PeakMeter(16_000);
  for (let at = 0; at < samples.length; at += chunk) meter.push(samples.subarray(at, at + chunk));
  return meter.finish();
};

describe("peaks", () => {
  it("say how loud each step is, whatever the sign", () => {
    const samples = new Float32Array(16_000 * 0.06);
    samples[10] = 0.5;
    samples[400] = -1;
    expect(measure(samples, 100)).toEqual({ format: 1, durationMs: 60, stepMs: 20, peaks: [64, 127, 0] });
  });

  it("stay few for long audio, and miss no loud moment", () => {
    const samples = new Float32Array(16_000 * 200);
    samples[16_000 * 150] = 1;
    const { peaks, stepMs, durationMs } = measure(samples, 16_000);
    expect(durationMs).toBe(200_000);
    expect(peaks.length).toBeLessThanOrEqual(4096);
    expect(peaks.length * stepMs).toBeGreaterThanOrEqual(durationMs);
    expect(peaks.indexOf(127)).toBe(Math.floor(150_000 / stepMs));
  });

  it("do not depend on how the samples arrive", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { maxLength: 2000 }),
        fc.integer({ min: 1, max: 700 }),
        (list, chunk) => {
          const samples = Float32Array.from(list);
          expect(measure(samples, chunk)).toEqual(measure(samples, samples.length || 1));
        },
      ),
    );
  });
});
