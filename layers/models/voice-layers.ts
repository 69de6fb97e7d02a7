import { type GraphBuilder, microsoft } from "./onnx/index.ts";
import type { VoiceManifest } from "./voice-manifest.ts";
import { emptyQuantizedMatrix, quantizeRows, transpose, weightZeroPoint } from "./whisper/quantize.ts";

/** Where weights come from; a `Checkpoint` is one. Shapes are checked by whoever reads. */
export interface WeightReader {
  /** A whole weight as Float32, row-major. @throws MediaError `model.invalid` when it is absent or has another shape */
  read(name: string, shape: readonly number[]): Promise<Float32Array<ArrayBuffer>>;
}

export type TransformerNames = {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly wide: string;
  readonly narrow: string;
  readonly attentionNorm: string;
  readonly feedForwardNorm: string;
};

export type TransformerSizes = Pick<VoiceManifest, "hiddenSize" | "heads" | "feedForwardSize"> & {
  readonly epsilon: number;
};

/**
 * The layers that the voice detectors are made of, as ONNX nodes. In `int8`, matrix products take dynamically quantized
 * activations (per tensor, uint8) and weights quantized per output, as in the Whisper graphs; the rest stays in float32.
 */
export class VoiceLayers {
  readonly graph: GraphBuilder;
  readonly weights: WeightReader;
  readonly #precision: VoiceManifest["precision"];
  /** Values that several products share (q, k and v take the same one) are quantized once. */
  readonly #quantized = new Map<string, string[]>();

  constructor(graph: GraphBuilder, weights: WeightReader, precision: VoiceManifest["precision"]) {
    this.graph = graph;
    this.weights = weights;
    this.#precision = precision;
  }

  async tensor(name: string, shape: readonly number[]): Promise<string> {
    return this.graph.weight(name, "float32", shape, () => this.weights.read(name, shape));
  }

  async layerNorm(x: string, name: string, size: number, epsilon: number): Promise<string> {
    const inputs = [x, await this.tensor(`${name}.weight`, [size]), await this.tensor(`${name}.bias`, [size])];
    return this.graph.node("LayerNormalization", inputs, { attributes: { axis: -1, epsilon: { float: epsilon } } });
  }

  /** The exact GELU (erf), as one node. */
  gelu(x: string): string {
    return this.graph.node("Gelu", [x], { domain: microsoft });
  }

  add(a: string, b: string): string {
    return this.graph.node("Add", [a, b]);
  }

  /** torch.nn.Linear with a bias, over the last axis. */
  async linear(x: string, name: string, inputs: number, outputs: number): Promise<string> {
    const { graph } = this;
    const weightName = `${name}.weight`;
    const rows = () => this.weights.read(weightName, [outputs, inputs]);
    const bias = await this.tensor(`${name}.bias`, [outputs]);
    if (this.#precision === "fp32") {
      const source = async () => transpose(await rows(), outputs, inputs);
      const product = graph.node("MatMul", [x, await graph.weight(weightName, "float32", [inputs, outputs], source)]);
      return this.add(product, bias);
    }
    const quantized = emptyQuantizedMatrix(inputs, outputs);
    quantizeRows(quantized, await rows(), inputs);
    const weight = await graph.weight(weightName, "uint8", [inputs, outputs], async () => quantized.values);
    const scale = await graph.weight(`${weightName}.scale`, "float32", [outputs], async () => quantized.scales);
    const zeroPoint = await graph.weight("weight_zero_point", "uint8", [], async () => Uint8Array.of(weightZeroPoint));
    const [bytes, byteScale, byteZero] = this.#quantize(x);
    return graph.node("MatMulIntegerToFloat", [bytes!, weight, byteScale!, scale, byteZero!, zeroPoint, bias], {
      domain: microsoft,
    });
  }

  /**
   * A pre-norm Transformer layer: `x + attention(norm(x))`, then `x + feedForward(norm(x))`.
   * @param firstOnly computes only the first so many positions of the result: for a last layer of which no more is read
   */
  async transformerLayer(
    x: string,
    names: TransformerNames,
    sizes: TransformerSizes,
    firstOnly?: number,
  ): Promise<string> {
    const { hiddenSize, heads, feedForwardSize, epsilon } = sizes;
    const normed = await this.layerNorm(x, names.attentionNorm, hiddenSize, epsilon);
    const kept = firstOnly === undefined ? normed : this.#first(normed, firstOnly);
    const q = await this.linear(kept, names.query, hiddenSize, hiddenSize);
    const k = await this.linear(normed, names.key, hiddenSize, hiddenSize);
    const v = await this.linear(normed, names.value, hiddenSize, hiddenSize);
    const attended = this.graph.node("MultiHeadAttention", [q, k, v], {
      domain: microsoft,
      attributes: { num_heads: heads },
    });
    const residual = firstOnly === undefined ? x : this.#first(x, firstOnly);
    const between = this.add(residual, await this.linear(attended, names.attentionOutput, hiddenSize, hiddenSize));
    const input = await this.layerNorm(between, names.feedForwardNorm, hiddenSize, epsilon);
    const wide = this.gelu(await this.linear(input, names.wide, hiddenSize, feedForwardSize));
    return this.add(between, await this.linear(wide, names.narrow, feedForwardSize, hiddenSize));
  }

  #first(x: string, positions: number): string {
    const { graph } = this;
    return graph.node("Slice", [x, graph.integers(0), graph.integers(positions), graph.integers(1)]);
  }

  #quantize(x: string): string[] {
    const known = this.#quantized.get(x);
    if (known) return known;
    const quantized = this.graph.nodes("DynamicQuantizeLinear", [x], { outputs: 3 });
    this.#quantized.set(x, quantized);
    return quantized;
  }
}
