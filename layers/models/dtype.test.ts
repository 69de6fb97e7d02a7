import { describe, expect, it } from "vitest";
import { toFloat32 } from "./dtype.ts";

const halves = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);

describe("toFloat32", () => {
  it.each([
    ["zero", 0x0000, 0],
    ["negative zero", 0x8000, -0],
    ["one", 0x3c00, 1],
    ["a third, rounded", 0x3555, 0.333251953125],
    ["the largest", 0x7bff, 65504],
    ["the smallest normal", 0x0400, 2 ** -14],
    ["the smallest subnormal", 0x0001, 2 ** -24],
    ["the largest subnormal", 0x03ff, 1023 * 2 ** -24],
    ["a negative subnormal", 0x8200, -(2 ** -15)],
    ["infinity", 0x7c00, Number.POSITIVE_INFINITY],
    ["not a number", 0x7e00, Number.NaN],
  ])("reads float16 %s", (_name, bits, expected) => {
    expect(toFloat32("F16", halves(bits))[0]).toBe(expected);
  });

  it("gives every finite float16 the value that the definition of the format gives it", () => {
    const bits = Array.from({ length: 0x10000 }, (_, value) => value).filter((value) => (value & 0x7c00) !== 0x7c00);
    const expected = bits.map((value) => {
      const exponent = (value >> 10) & 31;
      const fraction = value & 1023;
      const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
      return value & 0x8000 ? -size : size;
    });
    expect(toFloat32("F16", halves(...bits))).toEqual(Float32Array.from(expected));
  });

  it("reads bfloat16 as the upper half of a float", () => {
    expect([...toFloat32("BF16", halves(0x3f80, 0xc020, 0x0000))]).toEqual([1, -2.5, 0]);
  });

  it("copies float32", () => {
    const bytes = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    const floats = toFloat32("F32", bytes);
    bytes.fill(0);
    expect([...floats]).toEqual([1.5, -2]);
  });
});
