/** One of several parts of a Linear: some of its outputs, or some of its inputs, whose products then add up to the whole. */
export type MatrixPart = { readonly of: "inputs" | "outputs"; readonly index: number; readonly count: number };

/** Where a part begins and ends along its axis of `size`; parts differ in size by one at most. */
export function partBounds(size: number, { index, count }: MatrixPart): [start: number, end: number] {
  return [Math.floor((index * size) / count), Math.floor(((index + 1) * size) / count)];
}

/** The part of a matrix `[outputs, inputs]`, row-major. */
export function partOfRows(
  rows: Float32Array<ArrayBuffer>,
  [outputs, inputs]: readonly [outputs: number, inputs: number],
  part: MatrixPart,
): Float32Array<ArrayBuffer> {
  if (part.of === "outputs") {
    const [start, end] = partBounds(outputs, part);
    return rows.slice(start * inputs, end * inputs);
  }
  const [start, end] = partBounds(inputs, part);
  const size = end - start;
  const result = new Float32Array(outputs * size);
  for (let row = 0; row < outputs; row++) {
    result.set(rows.subarray(row * inputs + start, row * inputs + end), row * size);
  }
  return result;
}
