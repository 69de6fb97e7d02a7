import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blockSize,
  emptyQuantizedBlocks,
  emptyQuantizedMatrix,
  quantizeBlocks,
  quantizeRows,
  transpose,
  weightZeroPoint,
} from "./quantize.ts";

const matrices = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([outputs, inputs]) =>
  fc
    .array(fc.float({ min: -100, max: 100, noNaN: true }), {
      minLength: outputs * inputs,
      maxLength: outputs * inputs,
    })
    .map((values) => ({ outputs, inputs, rows: Float32Array.from(values) })),
);

describe("quantizeRows", () => {
  it("brings every weight back within half a level of its row", () => {
    fc.assert(
      fc.property(matrices, ({ outputs, inputs, rows }) => {
        const { values, scales } = emptyQuantizedMatrix(inputs, outputs);
        quantizeRows({ values, scales }, rows, inputs);
        for (let output = 0; output < outputs; output++) {
          for (let input = 0; input < inputs; input++) {
            const restored = (values[input * outputs + output]! - weightZeroPoint) * scales[output]!;
            expect(Math.abs(restored - rows[output * inputs + input]!)).toBeLessThanOrEqual(scales[output]! * 0.5001);
          }
        }
      }),
    );
  });

  it("gives the same bytes in blocks as in one piece", () => {
    const rows = Float32Array.from({ length: 5 * 3 }, (_, index) => Math.sin(index));
    const whole = emptyQuantizedMatrix(3, 5);
    quantizeRows(whole, rows, 3);
    const blocks = emptyQuantizedMatrix(3, 5);
    quantizeRows(blocks, rows.subarray(0, 6), 3, 0);
    quantizeRows(blocks, rows.subarray(6), 3, 2);
    expect(blocks).toEqual(whole);
  });

  it("keeps a row of zeros at zero", () => {
    const matrix = emptyQuantizedMatrix(2, 1);
    quantizeRows(matrix, new Float32Array(2), 2);
    expect([...matrix.values]).toEqual([weightZeroPoint, weightZeroPoint]);
    expect(matrix.scales[0]).toBeGreaterThan(0);
  });
});

describe("quantizeBlocks", () => {
  const [outputs, inputs] = [4, 2 * blockSize];
  // Block after block ten times larger: one scale per row would leave nothing of the first.
  const rows = Float32Array.from({ length: outputs * inputs }, (_, i) => Math.sin(i) * 10 ** Math.floor(i / blockSize));

  it("brings every weight back within half a level of its block", () => {
    const { values, scales } = emptyQuantizedBlocks(inputs, outputs);
    quantizeBlocks({ values, scales }, rows);
    for (const [i, weight] of rows.entries()) {
      const scale = scales[Math.floor(i / blockSize)]!;
      expect(Math.abs((values[i]! - weightZeroPoint) * scale - weight)).toBeLessThanOrEqual(scale * 0.5001);
    }
  });

  it("gives the same bytes in pieces as at once", () => {
    const [whole, pieces] = [emptyQuantizedBlocks(inputs, outputs), emptyQuantizedBlocks(inputs, outputs)];
    quantizeBlocks(whole, rows);
    quantizeBlocks(pieces, rows.subarray(0, inputs));
    quantizeBlocks(pieces, rows.subarray(inputs), inputs);
    expect(pieces).toEqual(whole);
  });
});

describe("transpose", () => {
  it("swaps rows and columns", () => {
    expect([...transpose(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
  });
});
