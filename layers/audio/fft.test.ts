import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hannWindow, RealFft } from "./fft.ts";

function naivePower(samples: Float64Array, k: number): number {
  let re = 0;
  let im = 0;
  samples.forEach((value, i) => {
    re += value * Math.cos((2 * Math.PI * k * i) / samples.length);
    im -= value * Math.sin((2 * Math.PI * k * i) / samples.length);
  });
  return re * re + im * im;
}

describe("RealFft", () => {
  it.each([8, 16, 20, 40, 50, 400, 512])("equals the definition at size %i", (size) => {
    const fft = new RealFft(size);
    const power = new Float64Array(fft.bins);
    const flat = new Float64Array(size).fill(1);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
        (values) => {
          const samples = Float64Array.from(values);
          fft.power(samples, 0, flat, power);
          for (let k = 0; k < fft.bins; k += Math.ceil(fft.bins / 17)) {
            expect(power[k]).toBeCloseTo(naivePower(samples, k), 8);
          }
        },
      ),
      { numRuns: 5 },
    );
  });

  it("has a periodic Hann window", () => {
    expect([...hannWindow(4)].map((value) => Number(value.toFixed(6)))).toEqual([0, 0.5, 1, 0.5]);
  });

  it("refuses lengths that it cannot split", () => {
    expect(() => new RealFft(14)).toThrow(RangeError);
  });
});
