import fc from "fast-check";
import { expect, it } from "vitest";
import { partBounds, partOfRows } from "./matrix-part.ts";

it("parts of a matrix, however many, hold each of its elements once and in its place", () => {
  const size = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(size, size, size, fc.constantFrom("inputs", "outputs"), (outputs, inputs, count, of) => {
      const rows = Float32Array.from({ length: outputs * inputs }, (_, index) => index);
      const joined = new Float32Array(rows.length).fill(-1);
      for (let index = 0; index < count; index++) {
        const part = partOfRows(rows, [outputs, inputs], { of, index, count });
        const [start, end] = partBounds(of === "outputs" ? outputs : inputs, { of, index, count });
        const width = of === "outputs" ? inputs : end - start;
        for (const [at, value] of part.entries()) {
          const [row, column] = [Math.floor(at / width), at % width];
          joined[of === "outputs" ? (start + row) * inputs + column : row * inputs + start + column] = value;
        }
      }
      expect(joined).toEqual(rows);
    }),
  );
});
