import { type FeedForwardSizes, LayerWriter } from "./layer-writer.ts";
import { microsoft } from "./onnx/index.ts";
import type { VoiceManifest } from "./voice-manifest.ts";

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

export type TransformerSizes = FeedForwardSizes & Pick<VoiceManifest, "heads"> & { readonly epsilon: number };

/** What the voice detectors are made of besides the layers that every model has. */
export class VoiceLayers extends LayerWriter {
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
    const { hiddenSize, epsilon } = sizes;
    const normed = await this.layerNorm(x, names.attentionNorm, hiddenSize, epsilon);
    const kept = firstOnly === undefined ? normed : this.#first(normed, firstOnly);
    const q = await this.linear(kept, names.query, hiddenSize, hiddenSize);
    const k = await this.linear(normed, names.key, hiddenSize, hiddenSize);
    const v = await this.linear(normed, names.value, hiddenSize, hiddenSize);
    const attended = this.attend(q, k, v, sizes);
    const residual = firstOnly === undefined ? x : this.#first(x, firstOnly);
    const between = this.add(residual, await this.linear(attended, names.attentionOutput, hiddenSize, hiddenSize));
    const input = await this.layerNorm(between, names.feedForwardNorm, hiddenSize, epsilon);
    const parts = firstOnly === undefined ? sizes : { ...sizes, feedForwardParts: 1 };
    return this.feedForward(between, input, names, parts);
  }

  /** Attention over queries, keys and values `[batch, positions, hiddenSize]`, as one node. */
  protected attend(q: string, k: string, v: string, { heads }: Pick<TransformerSizes, "heads" | "hiddenSize">): string {
    return this.graph.node("MultiHeadAttention", [q, k, v], {
      domain: microsoft,
      attributes: { num_heads: heads },
    });
  }

  #first(x: string, positions: number): string {
    const { graph } = this;
    return graph.node("Slice", [x, graph.integers(0), graph.integers(positions), graph.integers(1)]);
  }
}
