import type { WeightBytes } from "./byte-products.ts";
import type { Precision } from "./manifest.ts";
import { type MatrixPart, partBounds, partOfRows } from "./matrix-part.ts";
import { type GraphBuilder, microsoft } from "./onnx/index.ts";
import {
  asSignedBytes,
  emptyQuantizedMatrix,
  type QuantizedMatrix,
  quantizeRows,
  transpose,
  weightZeroPoint,
} from "./quantize.ts";

/** Where weights come from; a `Checkpoint` is one. Shapes are checked by whoever reads. */
export interface WeightReader {
  /** A whole weight as Float32, row-major. @throws MediaError `model.invalid` when it is absent or has another shape */
  read(name: string, shape: readonly number[]): Promise<Float32Array<ArrayBuffer>>;
}

export type FeedForwardSizes = {
  readonly hiddenSize: number;
  readonly feedForwardSize: number;
  /**
   * The feed-forward's wide value, the largest there is, is computed in so many parts, one after the other; default 1. Of a long window
   * that takes less memory, and less time where a part then fits the processor's cache.
   */
  readonly feedForwardParts?: number;
};

/** torch.nn.LayerNorm's default. */
const defaultEpsilon = 1e-5;

/**
 * The layers that every model here is made of, as ONNX nodes with the checkpoint's weights; names are the checkpoint's own.
 * In `int8`, matrix products take dynamically quantized activations (per tensor, uint8) and weights quantized per output;
 * everything else stays in float32.
 */
export class LayerWriter<Reader extends WeightReader = WeightReader> {
  readonly graph: GraphBuilder;
  readonly weights: Reader;
  readonly precision: Precision;
  readonly #signed: boolean;
  /** Values that several products share (q, k and v take the same one) are quantized once. */
  readonly #quantized = new Map<string, string[]>();

  constructor(graph: GraphBuilder, weights: Reader, precision: Precision, weightBytes: WeightBytes) {
    this.graph = graph;
    this.weights = weights;
    this.precision = precision;
    this.#signed = weightBytes === "signed";
  }

  /** A weight of the checkpoint as it is, in float32. */
  async tensor(name: string, shape: readonly number[]): Promise<string> {
    return this.graph.weight(name, "float32", shape, () => this.weights.read(name, shape));
  }

  add(a: string, b: string): string {
    return this.graph.node("Add", [a, b]);
  }

  /** The exact GELU (erf), as one node. */
  gelu(x: string): string {
    return this.graph.node("Gelu", [x], { domain: microsoft });
  }

  async layerNorm(x: string, name: string, size: number, epsilon = defaultEpsilon): Promise<string> {
    const inputs = [x, await this.tensor(`${name}.weight`, [size]), await this.tensor(`${name}.bias`, [size])];
    return this.graph.node("LayerNormalization", inputs, { attributes: { axis: -1, epsilon: { float: epsilon } } });
  }

  /** `x + narrow(gelu(wide(input)))`, the second half of a Transformer layer. */
  async feedForward(
    x: string,
    input: string,
    { wide, narrow }: { readonly wide: string; readonly narrow: string },
    { hiddenSize, feedForwardSize, feedForwardParts: count = 1 }: FeedForwardSizes,
  ): Promise<string> {
    let sum = x;
    for (let index = 0; index < count; index++) {
      const part = (of: MatrixPart["of"]) => (count === 1 ? {} : { part: { of, index, count } });
      const values = this.gelu(await this.linear(input, wide, hiddenSize, feedForwardSize, part("outputs")));
      const bias = index === 0;
      sum = this.add(sum, await this.linear(values, narrow, feedForwardSize, hiddenSize, { bias, ...part("inputs") }));
    }
    return sum;
  }

  /**
   * torch.nn.Linear over the last axis.
   * @param inputs of the whole, as is `outputs`
   * @param options.part only this part of it; `x` then has so many inputs, or the result so many outputs. Of a part of the inputs, `bias`
   * is the whole one: one part of the sum has it.
   */
  async linear(
    x: string,
    name: string,
    inputs: number,
    outputs: number,
    { bias = true, part }: { bias?: boolean; part?: MatrixPart } = {},
  ): Promise<string> {
    if (part) return this.#partialLinear(x, name, [outputs, inputs], { bias, part });
    const biasValue = bias ? await this.tensor(`${name}.bias`, [outputs]) : "";
    const rows = () => this.weights.read(`${name}.weight`, [outputs, inputs]);
    return this.#product(x, `${name}.weight`, [outputs, inputs], { biasValue, rows });
  }

  async #partialLinear(
    x: string,
    name: string,
    shape: readonly [outputs: number, inputs: number],
    { bias, part }: { bias: boolean; part: MatrixPart },
  ): Promise<string> {
    const [outputs, inputs] = shape;
    const [start, end] = partBounds(part.of === "outputs" ? outputs : inputs, part);
    const size = end - start;
    const suffix = `${part.of}.${part.index}`;
    const rows = async () => partOfRows(await this.weights.read(`${name}.weight`, shape), shape, part);
    let biasValue = "";
    if (bias && part.of === "inputs") biasValue = await this.tensor(`${name}.bias`, [outputs]);
    else if (bias) {
      biasValue = await this.graph.weight(`${name}.bias.${suffix}`, "float32", [size], async () =>
        (await this.weights.read(`${name}.bias`, [outputs])).slice(start, end),
      );
    }
    const partShape = part.of === "outputs" ? ([size, inputs] as const) : ([outputs, size] as const);
    return this.#product(x, `${name}.weight.${suffix}`, partShape, { biasValue, rows });
  }

  async #product(
    x: string,
    weightName: string,
    [outputs, inputs]: readonly [outputs: number, inputs: number],
    { biasValue, rows }: { biasValue: string; rows: () => Promise<Float32Array> },
  ): Promise<string> {
    if (this.precision === "int8") {
      return this.quantizedProduct(x, weightName, inputs, outputs, biasValue, async (quantized) =>
        quantizeRows(quantized, await rows(), inputs),
      );
    }
    const weight = await this.graph.weight(weightName, "float32", [inputs, outputs], async () =>
      transpose(await rows(), outputs, inputs),
    );
    const product = this.graph.node("MatMul", [x, weight]);
    return biasValue === "" ? product : this.add(product, biasValue);
  }

  /** `x` times a matrix `[inputs, outputs]` of bytes that `quantize` fills, plus a bias where it is not "". */
  async quantizedProduct(
    x: string,
    name: string,
    inputs: number,
    outputs: number,
    bias: string,
    quantize: (target: QuantizedMatrix) => Promise<void>,
  ): Promise<string> {
    const { graph } = this;
    let quantized: QuantizedMatrix | undefined;
    const type = this.#signed ? "int8" : "uint8";
    const weight = await graph.weight(name, type, [inputs, outputs], async () => {
      quantized = emptyQuantizedMatrix(inputs, outputs);
      await quantize(quantized);
      return this.#signed ? asSignedBytes(quantized.values) : quantized.values;
    });
    const scale = await graph.weight(`${name}.scale`, "float32", [outputs], async () => quantized!.scales);
    const zeroPoint = await graph.weight("weight_zero_point", type, [], async () =>
      Uint8Array.of(this.#signed ? 0 : weightZeroPoint),
    );
    const [bytes, byteScale, byteZero] = this.#quantize(x);
    return graph.node("MatMulIntegerToFloat", [bytes!, weight, byteScale!, scale, byteZero!, zeroPoint, bias], {
      domain: microsoft,
    });
  }

  #quantize(x: string): string[] {
    const known = this.#quantized.get(x);
    if (known) return known;
    const quantized = this.graph.nodes("DynamicQuantizeLinear", [x], { outputs: 3 });
    this.#quantized.set(x, quantized);
    return quantized;
  }
}
