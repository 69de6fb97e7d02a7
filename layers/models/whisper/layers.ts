import type { Checkpoint } from "../checkpoint.ts";
import { type FeedForwardSizes, LayerWriter } from "../layer-writer.ts";
import { quantizeRows } from "../quantize.ts";

/** Rows of the vocabulary that are in memory at a time. */
const rowsPerBlock = 2048;

/** What Whisper is made of besides the layers that every model has. */
export class WhisperLayers extends LayerWriter<Checkpoint> {
  /** Logits `[batch · tokens, vocabSize]` of `x` [batch, tokens, hiddenSize]: a product with the (tied) token embeddings. */
  async languageModelHead(x: string, embeddingsName: string, hiddenSize: number, vocabSize: number): Promise<string> {
    this.weights.info(embeddingsName, [vocabSize, hiddenSize]);
    const rows = this.graph.node("Reshape", [x, this.graph.integers(-1, hiddenSize)]);
    if (this.precision === "int8") {
      return this.quantizedProduct(rows, embeddingsName, hiddenSize, vocabSize, "", async (quantized) => {
        for (const [start, end] of blocks(vocabSize)) {
          quantizeRows(quantized, await this.weights.readRows(embeddingsName, start, end), hiddenSize, start);
        }
      });
    }
    // Gemm takes the embeddings as they lie, [vocabSize, hiddenSize], so that they need not be transposed.
    const weight = await this.graph.weight(embeddingsName, "float32", [vocabSize, hiddenSize], async () =>
      floatBlocks(this.weights, embeddingsName, vocabSize),
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
  async layerTail(x: string, layer: string, sizes: FeedForwardSizes): Promise<string> {
    const normed = await this.layerNorm(x, `${layer}.final_layer_norm`, sizes.hiddenSize);
    return this.feedForward(x, normed, { wide: `${layer}.fc1`, narrow: `${layer}.fc2` }, sizes);
  }
}

function* blocks(rows: number): Generator<[start: number, end: number]> {
  for (let start = 0; start < rows; start += rowsPerBlock) yield [start, Math.min(rows, start + rowsPerBlock)];
}

async function* floatBlocks(checkpoint: Checkpoint, name: string, rows: number): AsyncGenerator<Uint8Array> {
  for (const [start, end] of blocks(rows)) yield new Uint8Array((await checkpoint.readRows(name, start, end)).buffer);
}
