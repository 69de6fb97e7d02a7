import type { WeightBytes } from "../byte-products.ts";
import type { Checkpoint } from "../checkpoint.ts";
import type { Precision } from "../manifest.ts";
import { type GraphBuilder, microsoft } from "../onnx/index.ts";
import {
  asSignedBytes,
  emptyQuantizedMatrix,
  type QuantizedMatrix,
  quantizeRows,
  transpose,
  weightZeroPoint,
} from "./quantize.ts";

/** torch.nn.LayerNorm's default, which the architecture uses throughout. */
const layerNormEpsilon = 1e-5;

/** Rows of the vocabulary that are in memory at a time. */
const rowsPerBlock = 2048;

/**
 * The layers that Whisper is made of, as ONNX nodes with the checkpoint's weights. Names are the checkpoint's own.
 * In `int8`, matrix products take dynamically quantized activations (per tensor, uint8) and weights quantized per output;
 * everything else stays in float32.
 */
export class LayerWriter {
  readonly graph: GraphBuilder;
  readonly checkpoint: Checkpoint;
  readonly #precision: Precision;
  readonly #signed: boolean;
  /** Values that several products share (q, k and v take the same one) are quantized once. */
  readonly #quantized = new Map<string, string[]>();

  constructor(graph: GraphBuilder, checkpoint: Checkpoint, precision: Precision, weightBytes: WeightBytes) {
    this.graph = graph;
    this.checkpoint = checkpoint;
    this.#precision = precision;
    this.#signed = weightBytes === "signed";
  }

  async vector(name: string, length: number): Promise<string> {
    return this.tensor(name, [length]);
  }

  async matrix(name: string, rows: number, columns: number): Promise<string> {
    return this.tensor(name, [rows, columns]);
  }

  /** A weight of the checkpoint as it is, in float32. */
  async tensor(name: string, shape: readonly number[]): Promise<string> {
    return this.graph.weight(name, "float32", shape, () => this.checkpoint.read(name, shape));
  }

  add(a: string, b: string): string {
    return this.graph.node("Add", [a, b]);
  }

  /** The exact GELU (erf), as one node. */
  gelu(x: string): string {
    return this.graph.node("Gelu", [x], { domain: microsoft });
  }

  async layerNorm(x: string, name: string, size: number): Promise<string> {
    const inputs = [x, await this.vector(`${name}.weight`, size), await this.vector(`${name}.bias`, size)];
    return this.graph.node("LayerNormalization", inputs, {
      attributes: { axis: -1, epsilon: { float: layerNormEpsilon } },
    });
  }

  /** torch.nn.Linear over the last axis. */
  async linear(
    x: string,
    name: string,
    inputs: number,
    outputs: number,
    { bias = true }: { bias?: boolean } = {},
  ): Promise<string> {
    const weightName = `${name}.weight`;
    const biasValue = bias ? await this.vector(`${name}.bias`, outputs) : "";
    const rows = () => this.checkpoint.read(weightName, [outputs, inputs]);
    if (this.#precision === "int8") {
      return this.#quantizedProduct(x, weightName, inputs, outputs, biasValue, async (quantized) =>
        quantizeRows(quantized, await rows(), inputs),
      );
    }
    const weight = await this.graph.weight(weightName, "float32", [inputs, outputs], async () =>
      transpose(await rows(), outputs, inputs),
    );
    const product = this.graph.node("MatMul", [x, weight]);
    return bias ? this.add(product, biasValue) : product;
  }

  /** Logits `[batch · tokens, vocabSize]` of `x` [batch, tokens, hiddenSize]: a product with the (tied) token embeddings. */
  async languageModelHead(x: string, embeddingsName: string, hiddenSize: number, vocabSize: number): Promise<string> {
    this.checkpoint.info(embeddingsName, [vocabSize, hiddenSize]);
    const rows = this.graph.node("Reshape", [x, this.graph.integers(-1, hiddenSize)]);
    if (this.#precision === "int8") {
      return this.#quantizedProduct(rows, embeddingsName, hiddenSize, vocabSize, "", async (quantized) => {
        for (const [start, end] of blocks(vocabSize)) {
          quantizeRows(quantized, await this.checkpoint.readRows(embeddingsName, start, end), hiddenSize, start);
        }
      });
    }
    // Gemm takes the embeddings as they lie, [vocabSize, hiddenSize], so that they need not be transposed.
    const weight = await this.graph.weight(embeddingsName, "float32", [vocabSize, hiddenSize], async () =>
      floatBlocks(this.checkpoint, embeddingsName, vocabSize),
    );
    return this.graph.node("Gemm", [rows, weight], { attributes: { transB: 1 } });
  }

  /** `[batch, positions, heads · headDim]` to `[batch, heads, positions, headDim]`. */
  splitHeads(x: string, heads: number, headDim: number, output?: string): string {
    const split = this.graph.node("Reshape", [x, this.graph.integers(0, -1, heads, headDim)]);
    const outputs = output === undefined ? 1 : [output];
    return this.graph.node("Transpose", [split], { attributes: { perm: [0, 2, 1, 3] }, outputs });
  }

  /** The tail of every layer: norm, Linear, GELU, Linear, residual. */
  async feedForward(x: string, layer: string, hiddenSize: number, feedForwardSize: number): Promise<string> {
    const normed = await this.layerNorm(x, `${layer}.final_layer_norm`, hiddenSize);
    const wide = this.gelu(await this.linear(normed, `${layer}.fc1`, hiddenSize, feedForwardSize));
    return this.add(x, await this.linear(wide, `${layer}.fc2`, feedForwardSize, hiddenSize));
  }

  async #quantizedProduct(
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

function* blocks(rows: number): Generator<[start: number, end: number]> {
  for (let start = 0; start < rows; start += rowsPerBlock) yield [start, Math.min(rows, start + rowsPerBlock)];
}

async function* floatBlocks(checkpoint: Checkpoint, name: string, rows: number): AsyncGenerator<Uint8Array> {
  for (const [start, end] of blocks(rows)) yield new Uint8Array((await checkpoint.readRows(name, start, end)).buffer);
}
