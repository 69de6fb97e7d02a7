import { microsoft } from "../onnx/index.ts";
import type { WhisperSizes } from "./config.ts";
import type { WhisperLayers } from "./layers.ts";

/**
 * A step is one row, or one per hypothesis: scales by the block, which take no longer than one for all while rows are few, and with which a
 * hypothesis does not depend on the others of its batch. The vocabulary is too large for them (docs/GRAPHS.md).
 */
const activations = "blocks";

export const tokenEmbeddingsName = "model.decoder.embed_tokens.weight";

/** Sees the queries `[1, batch · tokens, hiddenSize]` of a layer's cross-attention. */
export type QueryObserver = (layer: number, queries: string) => void;

/**
 * The decoder (Radford et al., 2022) up to its last layer, for one token or many, on a key/value cache. Token embeddings
 * come looked up, so that the table can stay on disk; positions are added here, counted on from the cache's length.
 *
 * Declares the inputs `embeds` [batch, tokens, hiddenSize], per layer i `past.i.k`, `past.i.v` [batch, heads, past, headDim]
 * (past may be 0) and `cross.i.k`, `cross.i.v` [1, heads, positions, headDim], and the outputs `present.i.k`, `present.i.v`
 * [batch, heads, past + tokens, headDim].
 * @returns hidden states `[batch, tokens, hiddenSize]`, not yet normed
 */
export async function writeDecoderLayers(
  layers: WhisperLayers,
  sizes: WhisperSizes,
  observe: QueryObserver = () => {},
): Promise<string> {
  const { graph } = layers;
  const { hiddenSize, decoder } = sizes;
  const headDim = hiddenSize / decoder.heads;
  const embeds = graph.input("embeds", ["batch", "tokens", hiddenSize]);
  for (let index = 0; index < decoder.layers; index++) {
    for (const part of ["k", "v"]) graph.input(`past.${index}.${part}`, ["batch", decoder.heads, "past", headDim]);
    for (const part of ["k", "v"]) graph.input(`cross.${index}.${part}`, [1, decoder.heads, "positions", headDim]);
  }
  const shape = graph.node("Shape", [embeds]);
  let x = layers.add(embeds, await nextPositions(layers, shape, sizes));
  for (let index = 0; index < decoder.layers; index++) {
    const layer = `model.decoder.layers.${index}`;
    x = layers.add(x, await cachedSelfAttention(layers, x, layer, index, sizes));
    x = layers.add(x, await crossAttention(layers, x, layer, index, sizes, { shape, observe }));
    const { feedForwardSize } = decoder;
    const feedForward = { wideActivations: activations, narrowActivations: activations } as const;
    x = await layers.layerTail(x, layer, { hiddenSize, feedForwardSize, ...feedForward });
  }
  return x;
}

/** The final norm and the product with the vocabulary: `[batch · tokens, vocabSize]`. */
export async function writeLogits(layers: WhisperLayers, hidden: string, sizes: WhisperSizes): Promise<string> {
  const { hiddenSize, vocabSize } = sizes;
  const norm = "model.decoder.layer_norm";
  return layers.normedLogits(hidden, { norm, embeddings: tokenEmbeddingsName, hiddenSize, vocabSize });
}

/** Rows `[past, past + tokens)` of the learned position embeddings. */
async function nextPositions(layers: WhisperLayers, embedsShape: string, sizes: WhisperSizes): Promise<string> {
  const { graph } = layers;
  const table = await layers.tensor("model.decoder.embed_positions.weight", [
    sizes.maxTargetPositions,
    sizes.hiddenSize,
  ]);
  const tokens = graph.node("Slice", [embedsShape, graph.integers(1), graph.integers(2)]);
  const past = graph.node("Slice", [graph.node("Shape", ["past.0.k"]), graph.integers(2), graph.integers(3)]);
  return graph.node("Slice", [table, past, graph.node("Add", [past, tokens]), graph.integers(0)]);
}

async function cachedSelfAttention(
  layers: WhisperLayers,
  x: string,
  layer: string,
  index: number,
  { hiddenSize, decoder }: WhisperSizes,
): Promise<string> {
  const { graph } = layers;
  const normed = await layers.layerNorm(x, `${layer}.self_attn_layer_norm`, hiddenSize);
  const q = await layers.linear(normed, `${layer}.self_attn.q_proj`, hiddenSize, hiddenSize, { activations });
  const k = await layers.linear(normed, `${layer}.self_attn.k_proj`, hiddenSize, hiddenSize, {
    bias: false,
    activations,
  });
  const v = await layers.linear(normed, `${layer}.self_attn.v_proj`, hiddenSize, hiddenSize, { activations });
  const dims = ["batch", decoder.heads, "total", hiddenSize / decoder.heads];
  const present = ["k", "v"].map((part) => graph.output(`present.${index}.${part}`, dims));
  // Inputs 4 to 6 (bias, padding mask, attention bias) are not given; `unidirectional` is the causal mask.
  const attended = graph.node("MultiHeadAttention", [q, k, v, "", "", "", `past.${index}.k`, `past.${index}.v`], {
    domain: microsoft,
    attributes: { num_heads: decoder.heads, unidirectional: 1 },
    outputs: [`self_attention_${index}`, ...present],
  });
  return layers.linear(attended, `${layer}.self_attn.out_proj`, hiddenSize, hiddenSize, { activations });
}

/**
 * Every hypothesis of a batch attends to the same audio and cross-attention has no mask, so the batch is unfolded into the
 * tokens' axis: the audio's keys and values, tens of megabytes, exist once however many hypotheses there are.
 */
async function crossAttention(
  layers: WhisperLayers,
  x: string,
  layer: string,
  index: number,
  { hiddenSize, decoder }: WhisperSizes,
  { shape, observe }: { shape: string; observe: QueryObserver },
): Promise<string> {
  const { graph } = layers;
  const normed = await layers.layerNorm(x, `${layer}.encoder_attn_layer_norm`, hiddenSize);
  const unfolded = graph.node("Reshape", [normed, graph.integers(1, -1, hiddenSize)]);
  const q = await layers.linear(unfolded, `${layer}.encoder_attn.q_proj`, hiddenSize, hiddenSize, { activations });
  observe(index, q);
  const attended = graph.node("MultiHeadAttention", [q, `cross.${index}.k`, `cross.${index}.v`], {
    domain: microsoft,
    attributes: { num_heads: decoder.heads },
  });
  const projected = await layers.linear(attended, `${layer}.encoder_attn.out_proj`, hiddenSize, hiddenSize, {
    activations,
  });
  return graph.node("Reshape", [projected, shape]);
}
