/** Zero point of unsigned weight bytes; see `WeightBytes` for why there are two kinds. */
export const weightZeroPoint = 128;
const largestLevel = 127;

/** The smallest normal float32: a row of zeros needs a scale too, and a subnormal one is too coarse to divide by. */
const smallestScale = 2 ** -126;

/** A matrix `[inputs, outputs]` of bytes, one scale per output: `weight = (byte − 128) · scale`. */
export type QuantizedMatrix = {
  readonly values: Uint8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
};

export function emptyQuantizedMatrix(inputs: number, outputs: number): QuantizedMatrix {
  return { values: new Uint8Array(inputs * outputs), scales: new Float32Array(outputs) };
}

/**
 * Quantizes rows of a Linear's weight `[outputs, inputs]` symmetrically, one scale per row, and stores them transposed.
 * @param firstRow the output that `rows` begins with, so that a large matrix can be quantized in blocks
 */
export function quantizeRows(target: QuantizedMatrix, rows: Float32Array, inputs: number, firstRow = 0): void {
  const { values, scales } = target;
  const outputs = scales.length;
  const count = rows.length / inputs;
  for (let row = 0; row < count; row++) {
    let peak = 0;
    for (let i = row * inputs; i < (row + 1) * inputs; i++) peak = Math.max(peak, Math.abs(rows[i]!));
    scales[firstRow + row] = Math.max(peak / largestLevel, smallestScale);
  }
  for (let input = 0; input < inputs; input++) {
    for (let row = 0; row < count; row++) {
      const level = Math.round(rows[row * inputs + input]! / scales[firstRow + row]!);
      values[input * outputs + firstRow + row] = level + weightZeroPoint;
    }
  }
}

/** Weights of a row that have a scale of their own in `blocks`. */
export const blockSize = 32;

/** A matrix `[outputs, inputs]` of bytes, one scale per 32 weights in a row: `weight = (byte − 128) · scale`. */
export type QuantizedBlocks = QuantizedMatrix;

export function emptyQuantizedBlocks(inputs: number, outputs: number): QuantizedBlocks {
  const size = inputs * outputs;
  return { values: new Uint8Array(size), scales: new Float32Array(size / blockSize) };
}

/**
 * Quantizes rows of a Linear's weight `[outputs, inputs]`, inputs a multiple of 32, symmetrically; rows stay rows.
 * @param first the weight that `rows` begins with, so that a large matrix can be quantized in pieces
 */
export function quantizeBlocks({ values, scales }: QuantizedBlocks, rows: Float32Array, first = 0): void {
  for (let start = 0; start < rows.length; start += blockSize) {
    let peak = 0;
    for (let i = start; i < start + blockSize; i++) peak = Math.max(peak, Math.abs(rows[i]!));
    const scale = Math.fround(Math.max(peak / largestLevel, smallestScale));
    scales[(first + start) / blockSize] = scale;
    for (let i = start; i < start + blockSize; i++) {
      values[first + i] = Math.round(rows[i]! / scale) + weightZeroPoint;
    }
  }
}

/** The same weights around zero point 0, in place: flipping the highest bit of a byte takes 128 from it. */
export function asSignedBytes(values: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  for (let i = 0; i < values.length; i++) values[i]! ^= weightZeroPoint;
  return values;
}

/** Quantizes the rows of a table that is looked up and not multiplied with: rows stay rows, one scale each. */
export function quantizeTable(table: Float32Array, columns: number): QuantizedMatrix {
  const quantized = { values: new Uint8Array(table.length), scales: new Float32Array(table.length / columns) };
  for (let row = 0; row < quantized.scales.length; row++) {
    let peak = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) peak = Math.max(peak, Math.abs(table[i]!));
    const scale = Math.max(peak / largestLevel, smallestScale);
    quantized.scales[row] = scale;
    for (let i = row * columns; i < (row + 1) * columns; i++)
      quantized.values[i] = Math.round(table[i]! / scale) + weightZeroPoint;
  }
  return quantized;
}

/** `[rows, columns]` to `[columns, rows]`, row-major. */
export function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column]!;
  }
  return result;
}
