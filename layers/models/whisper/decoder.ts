import { microsoft } from "../onnx/index.ts";
import type { WhisperSizes } from "./config.ts";
import type { LayerWriter } from "./layers.ts";

export const tokenEmbeddingsName = "model.decoder.embed_tokens.weight";

/**
 * One step of the decoder (Radford et al., 2022), for one token or a whole prompt, with a key/value cache. Token embeddings
 * come looked up, so that the table can stay on disk; positions are added here, counted on from the cache's length. Only the
 * last position is projected to logits: the product with the vocabulary is most of a step's work. Whoever needs logits at
 * an earlier position (no-speech is read at start-of-transcript) feeds the prompt in two runs.
 *
 * `embeds` [batch, tokens, hiddenSize], per layer i `past.i.k`, `past.i.v` [batch, heads, past, headDim] (past may be 0) and
 * `cross.i.k`, `cross.i.v` [batch, heads, positions, headDim] → `logits` [batch, 1, vocabSize] and per layer `present.i.k`,
 * `present.i.v` [batch, heads, past + tokens, headDim].
 */
export async function writeDecoder(layers: LayerWriter, sizes: WhisperSizes): Promise<void> {
  const { graph } = layers;
  const { hiddenSize, vocabSize, decoder } = sizes;
  const headDim = hiddenSize / decoder.heads;
  const embeds = graph.input("embeds", ["batch", "tokens", hiddenSize]);
  for (let index = 0; index < decoder.layers; index++) {
    for (const part of ["k", "v"]) graph.input(`past.${index}.${part}`, ["batch", decoder.heads, "past", headDim]);
    for (const part of ["k", "v"])
      graph.input(`cross.${index}.${part}`, ["batch", decoder.heads, "positions", headDim]);
  }
  graph.output("logits", ["batch", 1, vocabSize]);

  let x = layers.add(embeds, await nextPositions(layers, embeds, sizes));
  for (let index = 0; index < decoder.layers; index++) {
    const layer = `model.decoder.layers.${index}`;
    x = layers.add(x, await cachedSelfAttention(layers, x, layer, index, sizes));
    x = layers.add(x, await crossAttention(layers, x, layer, index, sizes));
    x = await layers.feedForward(x, layer, hiddenSize, decoder.feedForwardSize);
  }
  const last = graph.node("Slice", [x, graph.integers(-1), graph.integers(2 ** 31), graph.integers(1)]);
  const normed = await layers.layerNorm(last, "model.decoder.layer_norm", hiddenSize);
  graph.node("Identity", [await layers.languageModelHead(normed, tokenEmbeddingsName, hiddenSize, vocabSize)], {
    outputs: ["logits"],
  });
}

/** Rows `[past, past + tokens)` of the learned position embeddings. */
async function nextPositions(layers: LayerWriter, embeds: string, sizes: WhisperSizes): Promise<string> {
  const { graph } = layers;
  const table = await layers.matrix("model.decoder.embed_positions.weight", sizes.maxTargetPositions, sizes.hiddenSize);
  const tokens = graph.node("Slice", [graph.node("Shape", [embeds]), graph.integers(1), graph.integers(2)]);
  const past = graph.node("Slice", [graph.node("Shape", ["past.0.k"]), graph.integers(2), graph.integers(3)]);
  return graph.node("Slice", [table, past, graph.node("Add", [past, tokens]), graph.integers(0)]);
}

async function cachedSelfAttention(
  layers: LayerWriter,
  x: string,
  layer: string,
  index: number,
  { hiddenSize, decoder }: WhisperSizes,
): Promise<string> {
  const { graph } = layers;
  const normed = await layers.layerNorm(x, `${layer}.self_attn_layer_norm`, hiddenSize);
  const q = await layers.linear(normed, `${layer}.self_attn.q_proj`, hiddenSize, hiddenSize);
  const k = await layers.linear(normed, `${layer}.self_attn.k_proj`, hiddenSize, hiddenSize, { bias: false });
  const v = await layers.linear(normed, `${layer}.self_attn.v_proj`, hiddenSize, hiddenSize);
  const dims = ["batch", decoder.heads, "total", hiddenSize / decoder.heads];
  const present = ["k", "v"].map((part) => graph.output(`present.${index}.${part}`, dims));
  // Inputs 4 to 6 (bias, padding mask, attention bias) are not given; `unidirectional` is the causal mask.
  const attended = graph.node("MultiHeadAttention", [q, k, v, "", "", "", `past.${index}.k`, `past.${index}.v`], {
    domain: microsoft,
    attributes: { num_heads: decoder.heads, unidirectional: 1 },
    outputs: [`self_attention_${index}`, ...present],
  });
  return layers.linear(attended, `${layer}.self_attn.out_proj`, hiddenSize, hiddenSize);
}

async function crossAttention(
  layers: LayerWriter,
  x: string,
  layer: string,
  index: number,
  { hiddenSize, decoder }: WhisperSizes,
): Promise<string> {
  const normed = await layers.layerNorm(x, `${layer}.encoder_attn_layer_norm`, hiddenSize);
  const q = await layers.linear(normed, `${layer}.encoder_attn.q_proj`, hiddenSize, hiddenSize);
  const attended = layers.graph.node("MultiHeadAttention", [q, `cross.${index}.k`, `cross.${index}.v`], {
    domain: microsoft,
    attributes: { num_heads: decoder.heads },
  });
  return layers.linear(attended, `${layer}.encoder_attn.out_proj`, hiddenSize, hiddenSize);
}
