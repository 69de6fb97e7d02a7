import type { WeightBytes } from "./byte-products.ts";
import type { Precision } from "./manifest.ts";
import { type MatrixPart, partBounds, partOfRows } from "./matrix-part.ts";
import { type GraphBuilder, microsoft } from "./onnx/index.ts";
import { transpose } from "./quantize.ts";
import { type Activations, QuantizedProducts } from "./quantized-products.ts";

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
  /** How what the first product takes becomes bytes; default `tensor`. */
  readonly wideActivations?: Activations;
  /** The same of the second, which takes what is behind the GELU. */
  readonly narrowActivations?: Activations;
};

export type LinearOptions = {
  readonly bias?: boolean;
  readonly part?: MatrixPart;
  readonly activations?: Activations | undefined;
};

/** torch.nn.LayerNorm's default. */
const defaultEpsilon = 1e-5;

/**
 * The layers that every model here is made of, as ONNX nodes with the checkpoint's weights; names are the checkpoint's own.
 * In `int8`, matrix products take activations that are quantized as they come (see `Activations`) and weights quantized per output;
 * everything else stays in float32.
 */
export class LayerWriter<Reader extends WeightReader = WeightReader> {
  readonly graph: GraphBuilder;
  readonly weights: Reader;
  readonly precision: Precision;
  protected readonly quantized: QuantizedProducts;

  constructor(graph: GraphBuilder, weights: Reader, precision: Precision, weightBytes: WeightBytes) {
    this.graph = graph;
    this.weights = weights;
    this.precision = precision;
    this.quantized = new QuantizedProducts(graph, weightBytes);
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
    { hiddenSize, feedForwardSize, feedForwardParts: count = 1, wideActivations, narrowActivations }: FeedForwardSizes,
  ): Promise<string> {
    let sum = x;
    for (let index = 0; index < count; index++) {
      const part = (of: MatrixPart["of"]) => (count === 1 ? {} : { part: { of, index, count } });
      const first = { activations: wideActivations, ...part("outputs") };
      const values = this.gelu(await this.linear(input, wide, hiddenSize, feedForwardSize, first));
      const second = { activations: narrowActivations, bias: index === 0, ...part("inputs") };
      sum = this.add(sum, await this.linear(values, narrow, feedForwardSize, hiddenSize, second));
    }
    return sum;
  }

  /**
   * torch.nn.Linear over the last axis.
   * @param inputs of the whole, as is `outputs`
   * @param options.part only this part of it; `x` then has so many inputs, or the result so many outputs. Of a part of the inputs, `bias`
   * is the whole one: one part of the sum has it.
   * @param options.activations how `x` becomes bytes, in int8; default `tensor`
   */
  async linear(
    x: string,
    name: string,
    inputs: number,
    outputs: number,
    { bias = true, part, activations = "tensor" }: LinearOptions = {},
  ): Promise<string> {
    if (part) return this.#partialLinear(x, name, [outputs, inputs], { bias, part, activations });
    const biasValue = bias ? await this.tensor(`${name}.bias`, [outputs]) : "";
    const rows = () => this.weights.read(`${name}.weight`, [outputs, inputs]);
    return this.#product(x, `${name}.weight`, [outputs, inputs], { biasValue, rows, activations });
  }

  async #partialLinear(
    x: string,
    name: string,
    shape: readonly [outputs: number, inputs: number],
    { bias, part, activations }: { bias: boolean; part: MatrixPart; activations: Activations },
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
    return this.#product(x, `${name}.weight.${suffix}`, partShape, { biasValue, rows, activations });
  }

  async #product(
    x: string,
    name: string,
    [outputs, inputs]: readonly [outputs: number, inputs: number],
    { biasValue: bias, rows, activations }: ProductParts,
  ): Promise<string> {
    if (this.precision === "int8") {
      return this.quantized.product(x, { name, outputs, inputs, bias, rows }, activations);
    }
    const weight = await this.graph.weight(name, "float32", [inputs, outputs], async () =>
      transpose(await rows(), outputs, inputs),
    );
    const product = this.graph.node("MatMul", [x, weight]);
    return bias === "" ? product : this.add(product, bias);
  }
}

type ProductParts = {
  readonly biasValue: string;
  readonly rows: () => Promise<Float32Array>;
  readonly activations: Activations;
};
