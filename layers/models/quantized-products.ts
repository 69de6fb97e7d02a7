import type { WeightBytes } from "./byte-products.ts";
import { type GraphBuilder, microsoft } from "./onnx/index.ts";
import {
  asSignedBytes,
  blockSize,
  emptyQuantizedBlocks,
  emptyQuantizedMatrix,
  type QuantizedMatrix,
  quantizeBlocks,
  quantizeRows,
  weightZeroPoint,
} from "./quantize.ts";

/**
 * How the values that a product takes become bytes while the graph runs (docs/GRAPHS.md, "Activations"):
 * - `tensor`: one scale for all of them. The cheapest, and as good as `rows` where there is one row.
 * - `rows`: one scale per row, around 0. For many rows: the loudest no longer decides how coarse the others are.
 * - `geluRows`: the same for what a GELU gives, which is nowhere below −0.17.
 * - `blocks`: one scale per 32 values of a row, and per 32 weights of an output. For single rows: with many it takes twice the time.
 */
export type Activations = "tensor" | "rows" | "geluRows" | "blocks";

/** A product's matrix `[outputs, inputs]`, read some rows at a time from the first to the last. */
export type MatrixSource = {
  readonly name: string;
  readonly outputs: number;
  readonly inputs: number;
  /** Name of a value, or "". */
  readonly bias: string;
  rows(): AsyncIterable<Float32Array> | Promise<Float32Array>;
};

const largestLevel = 127;

/** Zero is byte 128, so that −127 to 127 are bytes. */
const zeroOfRows = 128;

/** GELU(x) ≥ −0.16998 (at x = −0.7518). Of 255 steps 16 are below zero, which costs the positive side one in sixteen. */
const lowestGelu = -0.17;
const zeroOfGelu = 16;

/** Rows of zeros need a scale too, and one that can be divided by. */
const smallestPeak = 2 ** -100;

/** Products of bytes. Values that several products share (q, k and v take the same one) are quantized once. */
export class QuantizedProducts {
  readonly #graph: GraphBuilder;
  readonly #signed: boolean;
  readonly #perTensor = new Map<string, string[]>();
  readonly #perRow = new Map<string, { bytes: string; scales: string; zero: string }>();

  constructor(graph: GraphBuilder, weightBytes: WeightBytes) {
    this.#graph = graph;
    this.#signed = weightBytes === "signed";
  }

  async product(x: string, matrix: MatrixSource, activations: Activations): Promise<string> {
    if (activations === "tensor") return this.#ofTensor(x, matrix);
    if (activations === "blocks") {
      return matrix.inputs % blockSize === 0 ? this.#ofBlocks(x, matrix) : this.#ofTensor(x, matrix);
    }
    return this.#ofRows(x, matrix, activations);
  }

  async #ofTensor(x: string, matrix: MatrixSource): Promise<string> {
    const [weight, scale, zeroPoint] = await this.#weight(matrix);
    let quantized = this.#perTensor.get(x);
    if (!quantized) {
      quantized = this.#graph.nodes("DynamicQuantizeLinear", [x], { outputs: 3 });
      this.#perTensor.set(x, quantized);
    }
    const [bytes, byteScale, byteZero] = quantized;
    return this.#graph.node(
      "MatMulIntegerToFloat",
      [bytes!, weight, byteScale!, scale, byteZero!, zeroPoint, matrix.bias],
      { domain: microsoft },
    );
  }

  /** The kernel takes a scale per row, `[…, rows, 1]`, but adds its bias before it multiplies with it. */
  async #ofRows(x: string, matrix: MatrixSource, activations: "rows" | "geluRows"): Promise<string> {
    const [weight, scale, zeroPoint] = await this.#weight(matrix);
    let quantized = this.#perRow.get(x);
    if (!quantized) {
      quantized = await this.#quantizeRows(x, matrix.inputs, activations);
      this.#perRow.set(x, quantized);
    }
    const { bytes, scales, zero } = quantized;
    const product = this.#graph.node("MatMulIntegerToFloat", [bytes, weight, scales, scale, zero, zeroPoint], {
      domain: microsoft,
    });
    return matrix.bias === "" ? product : this.#graph.node("Add", [product, matrix.bias]);
  }

  async #quantizeRows(x: string, columns: number, activations: "rows" | "geluRows") {
    const graph = this.#graph;
    const overColumns = { attributes: { axes: [-1], keepdims: 1 } };
    const most = graph.node("ReduceMax", [x], overColumns);
    let scales: string;
    if (activations === "geluRows") {
      const floor = graph.scalar(-lowestGelu / zeroOfGelu);
      scales = graph.node("Max", [graph.node("Mul", [most, graph.scalar(1 / (255 - zeroOfGelu))]), floor]);
    } else {
      const least = graph.node("Neg", [graph.node("ReduceMin", [x], overColumns)]);
      const peak = graph.node("Max", [most, least, graph.scalar(smallestPeak)]);
      scales = graph.node("Mul", [peak, graph.scalar(1 / largestLevel)]);
    }
    const zeroByte = activations === "geluRows" ? zeroOfGelu : zeroOfRows;
    const zero = await graph.weight(`zero_byte_${zeroByte}`, "uint8", [], async () => Uint8Array.of(zeroByte));
    // QuantizeLinear takes its scales along one axis, so rows of all batches are one axis for it; the bytes do not move.
    const flat = graph.node("Reshape", [x, graph.integers(-1, columns)]);
    const flatScales = graph.node("Reshape", [scales, graph.integers(-1)]);
    const zeros = graph.node("Expand", [zero, graph.node("Shape", [flatScales])]);
    const flatBytes = graph.node("QuantizeLinear", [flat, flatScales, zeros], { attributes: { axis: 0 } });
    return { bytes: graph.node("Reshape", [flatBytes, graph.node("Shape", [x])]), scales, zero };
  }

  async #ofBlocks(x: string, { name, outputs, inputs, bias, rows }: MatrixSource): Promise<string> {
    const graph = this.#graph;
    const blocks = inputs / blockSize;
    let quantized = emptyQuantizedBlocks(0, 0);
    const weight = await graph.weight(`${name}.blocks`, "uint8", [outputs, blocks, blockSize], async () => {
      quantized = emptyQuantizedBlocks(inputs, outputs);
      let first = 0;
      for await (const some of inTurn(rows())) {
        quantizeBlocks(quantized, some, first);
        first += some.length;
      }
      return quantized.values;
    });
    const scale = await graph.weight(
      `${name}.blocks.scale`,
      "float32",
      [outputs * blocks],
      async () => quantized.scales,
    );
    return graph.node("MatMulNBits", bias === "" ? [x, weight, scale] : [x, weight, scale, "", "", bias], {
      domain: microsoft,
      // Level 4: the values too are quantized to bytes.
      attributes: { K: inputs, N: outputs, bits: 8, block_size: blockSize, accuracy_level: 4 },
    });
  }

  async #weight({ name, outputs, inputs, rows }: MatrixSource): Promise<[weight: string, scale: string, zero: string]> {
    const graph = this.#graph;
    let quantized: QuantizedMatrix | undefined;
    const type = this.#signed ? "int8" : "uint8";
    const weight = await graph.weight(name, type, [inputs, outputs], async () => {
      quantized = emptyQuantizedMatrix(inputs, outputs);
      let first = 0;
      for await (const some of inTurn(rows())) {
        quantizeRows(quantized, some, inputs, first);
        first += some.length / inputs;
      }
      return this.#signed ? asSignedBytes(quantized.values) : quantized.values;
    });
    const scale = await graph.weight(`${name}.scale`, "float32", [outputs], async () => quantized!.scales);
    const zero = await graph.weight("weight_zero_point", type, [], async () =>
      Uint8Array.of(this.#signed ? 0 : weightZeroPoint),
    );
    return [weight, scale, zero];
  }
}

async function* inTurn(rows: AsyncIterable<Float32Array> | Promise<Float32Array>): AsyncGenerator<Float32Array> {
  if (rows instanceof Promise) yield await rows;
  else yield* rows;
}
