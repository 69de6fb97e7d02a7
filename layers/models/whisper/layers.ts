import type { Checkpoint } from "../checkpoint.ts";
import { type FeedForwardSizes, LayerWriter } from "../layer-writer.ts";

/** Rows of the vocabulary that are in memory at a time. */
const rowsPerBlock = 2048;

/** The final norm, and the embeddings that logits are a product with. */
export type HeadNames = {
  readonly norm: string;
  readonly embeddings: string;
  readonly hiddenSize: number;
  readonly vocabSize: number;
};

/** What Whisper is made of besides the layers that every model has. */
export class WhisperLayers extends LayerWriter<Checkpoint> {
  /**
   * The final norm and logits `[batch · tokens, vocabSize]` of `x` [batch, tokens, hiddenSize]: a product with the (tied) token embeddings.
   *
   * In int8 both sides of that product are evened out: some channels of the embeddings are many times larger than others, and the norm's
   * gain undoes that. A factor per channel goes from the norm's gain and bias to the embeddings; the product is the same.
   */
  async normedLogits(x: string, { norm, embeddings, hiddenSize, vocabSize }: HeadNames): Promise<string> {
    const { graph, weights } = this;
    weights.info(embeddings, [vocabSize, hiddenSize]);
    if (this.precision === "int8") {
      const gain = await weights.read(`${norm}.weight`, [hiddenSize]);
      const bias = await weights.read(`${norm}.bias`, [hiddenSize]);
      const factors = evenFactors(gain, bias, await columnPeaks(weights, embeddings, vocabSize, hiddenSize));
      const normed = graph.node(
        "LayerNormalization",
        [
          x,
          await graph.weight(`${norm}.weight.evened`, "float32", [hiddenSize], async () => divided(gain, factors)),
          await graph.weight(`${norm}.bias.evened`, "float32", [hiddenSize], async () => divided(bias, factors)),
        ],
        { attributes: { axis: -1, epsilon: { float: 1e-5 } } },
      );
      const flat = graph.node("Reshape", [normed, graph.integers(-1, hiddenSize)]);
      const rows = () => evenedBlocks(weights, embeddings, vocabSize, factors);
      const matrix = { name: embeddings, outputs: vocabSize, inputs: hiddenSize, bias: "", rows };
      return this.quantized.product(flat, matrix, "tensor");
    }
    const normed = await this.layerNorm(x, norm, hiddenSize);
    const flat = graph.node("Reshape", [normed, graph.integers(-1, hiddenSize)]);
    // Gemm takes the embeddings as they lie, [vocabSize, hiddenSize], so that they need not be transposed.
    const weight = await graph.weight(embeddings, "float32", [vocabSize, hiddenSize], async () =>
      floatBlocks(weights, embeddings, vocabSize),
    );
    return graph.node("Gemm", [flat, weight], { attributes: { transB: 1 } });
  }

  /** `[batch, positions, heads · headDim]` to `[batch, heads, positions, headDim]`. */
  splitHeads(x: string, heads: number, headDim: number, output?: string): string {
    const split = this.graph.node("Reshape", [x, this.graph.integers(0, -1, heads, headDim)]);
    const outputs = output === undefined ? 1 : [output];
    return this.graph.node("Transpose", [split], { attributes: { perm: [0, 2, 1, 3] }, outputs });
  }

  /** The tail of every layer: norm, Linear, GELU, Linear, residual. */
  async layerTail(x: string, layer: string, sizes: FeedForwardSizes): Promise<string> {
    const normed = await this.layerNorm(x, `${layer}.final_layer_norm`, sizes.hiddenSize);
    return this.feedForward(x, normed, { wide: `${layer}.fc1`, narrow: `${layer}.fc2` }, sizes);
  }
}

function* blocks(rows: number): Generator<[start: number, end: number]> {
  for (let start = 0; start < rows; start += rowsPerBlock) yield [start, Math.min(rows, start + rowsPerBlock)];
}

/** Of each column of `[rows, columns]` the largest magnitude. */
async function columnPeaks(checkpoint: Checkpoint, name: string, rows: number, columns: number): Promise<Float32Array> {
  const peaks = new Float32Array(columns);
  for (const [start, end] of blocks(rows)) {
    const block = await checkpoint.readRows(name, start, end);
    for (let i = 0; i < block.length; i++) {
      peaks[i % columns] = Math.max(peaks[i % columns]!, Math.abs(block[i]!));
    }
  }
  return peaks;
}

/** What of a norm's result, in standard deviations, is reckoned with: the rest is rare, and is only quantized more coarsely. */
const deviations = 4;

/** A channel that is never anything but zero has no say. */
const smallestReach = 1e-6;

/**
 * Factors that leave the values and the weights of a product equally uneven, a half of the difference each ("SmoothQuant", Xiao et al., 2022,
 * with α = 0.5). How far a channel reaches is read off its norm's gain and bias, so that no recording is needed.
 */
function evenFactors(gain: Float32Array, bias: Float32Array, peaks: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(peaks, (peak, channel) => {
    const reach = Math.abs(gain[channel]!) * deviations + Math.abs(bias[channel]!);
    return Math.sqrt(Math.max(reach, smallestReach) / Math.max(peak, smallestReach));
  });
}

const divided = (values: Float32Array, factors: Float32Array) => values.map((value, i) => value / factors[i]!);

async function* evenedBlocks(
  checkpoint: Checkpoint,
  name: string,
  rows: number,
  factors: Float32Array,
): AsyncGenerator<Float32Array> {
  for (const [start, end] of blocks(rows)) {
    const block = await checkpoint.readRows(name, start, end);
    for (let i = 0; i < block.length; i++) block[i]! *= factors[i % factors.length]!;
    yield block;
  }
}

async function* floatBlocks(checkpoint: Checkpoint, name: string, rows: number): AsyncGenerator<Uint8Array> {
  for (const [start, end] of blocks(rows)) yield new Uint8Array((await checkpoint.readRows(name, start, end)).buffer);
}
