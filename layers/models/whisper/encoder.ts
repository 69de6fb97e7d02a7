import { microsoft } from "../onnx/index.ts";
import type { WhisperSizes } from "./config.ts";
import type { WhisperLayers } from "./layers.ts";

/** A window is up to 1,500 rows, of which the loudest would decide how coarse all are: every row has a scale of its own. */
const activations = "rows";

/** Writes attention over queries, keys and values `[batch, positions, hiddenSize]`; returns its output, of the same shape. */
export type AttentionWriter = (layers: WhisperLayers, q: string, k: string, v: string, heads: number) => string;

/**
 * The encoder of "Robust Speech Recognition via Large-Scale Weak Supervision" (Radford et al., 2022), with one change of
 * border: it also projects its output to the keys and values of every decoder layer's cross-attention, so that these are
 * computed once per window and its own output never leaves it.
 *
 * `mel` [batch, melBins, frames] (frames even) → per decoder layer i `cross.i.k`, `cross.i.v` [batch, heads, frames / 2, headDim].
 */
export async function writeEncoder(layers: WhisperLayers, sizes: WhisperSizes): Promise<void> {
  const mel = layers.graph.input("mel", ["batch", sizes.melBins, "frames"]);
  await crossAttentionInputs(layers, await writeEncoderLayers(layers, sizes, mel), sizes);
}

/** The encoder as published: mel features to hidden states `[batch, frames / 2, hiddenSize]`. */
export async function writeEncoderLayers(
  layers: WhisperLayers,
  sizes: WhisperSizes,
  mel: string,
  attend: AttentionWriter = fusedAttention,
): Promise<string> {
  const { graph } = layers;
  const { hiddenSize, melBins, encoder } = sizes;
  let x = await convolution(layers, mel, "model.encoder.conv1", melBins, hiddenSize, 1);
  x = await convolution(layers, x, "model.encoder.conv2", hiddenSize, hiddenSize, 2);
  x = graph.node("Transpose", [x], { attributes: { perm: [0, 2, 1] } });
  x = layers.add(x, await firstPositions(layers, x, sizes));
  const { feedForwardSize } = encoder;
  for (let index = 0; index < encoder.layers; index++) {
    const layer = `model.encoder.layers.${index}`;
    x = layers.add(x, await selfAttention(layers, x, layer, hiddenSize, encoder.heads, attend));
    x = await layers.layerTail(x, layer, { hiddenSize, feedForwardSize, narrowActivations: "geluRows" });
  }
  return layers.layerNorm(x, "model.encoder.layer_norm", hiddenSize);
}

const fusedAttention: AttentionWriter = ({ graph }, q, k, v, heads) =>
  graph.node("MultiHeadAttention", [q, k, v], { domain: microsoft, attributes: { num_heads: heads } });

/** Kernel 3, padding 1, then GELU. */
async function convolution(
  layers: WhisperLayers,
  x: string,
  name: string,
  inputs: number,
  outputs: number,
  stride: number,
): Promise<string> {
  const { graph } = layers;
  const weight = await layers.tensor(`${name}.weight`, [outputs, inputs, 3]);
  const bias = await layers.tensor(`${name}.bias`, [outputs]);
  const attributes = { kernel_shape: [3], pads: [1, 1], strides: [stride] };
  return layers.gelu(graph.node("Conv", [x, weight, bias], { attributes }));
}

/** The position embeddings of as many positions as `x` [batch, positions, hiddenSize] has. */
async function firstPositions(layers: WhisperLayers, x: string, sizes: WhisperSizes): Promise<string> {
  const { graph } = layers;
  const table = await layers.tensor("model.encoder.embed_positions.weight", [
    sizes.maxSourcePositions,
    sizes.hiddenSize,
  ]);
  const positions = graph.node("Slice", [graph.node("Shape", [x]), graph.integers(1), graph.integers(2)]);
  return graph.node("Slice", [table, graph.integers(0), positions, graph.integers(0)]);
}

async function selfAttention(
  layers: WhisperLayers,
  x: string,
  layer: string,
  hiddenSize: number,
  heads: number,
  attend: AttentionWriter,
): Promise<string> {
  const normed = await layers.layerNorm(x, `${layer}.self_attn_layer_norm`, hiddenSize);
  const q = await layers.linear(normed, `${layer}.self_attn.q_proj`, hiddenSize, hiddenSize, { activations });
  const k = await layers.linear(normed, `${layer}.self_attn.k_proj`, hiddenSize, hiddenSize, {
    bias: false,
    activations,
  });
  const v = await layers.linear(normed, `${layer}.self_attn.v_proj`, hiddenSize, hiddenSize, { activations });
  const attended = attend(layers, q, k, v, heads);
  return layers.linear(attended, `${layer}.self_attn.out_proj`, hiddenSize, hiddenSize, { activations });
}

async function crossAttentionInputs(layers: WhisperLayers, x: string, sizes: WhisperSizes): Promise<void> {
  const { hiddenSize, decoder } = sizes;
  const headDim = hiddenSize / decoder.heads;
  for (let index = 0; index < decoder.layers; index++) {
    const attention = `model.decoder.layers.${index}.encoder_attn`;
    const k = await layers.linear(x, `${attention}.k_proj`, hiddenSize, hiddenSize, { bias: false, activations });
    const v = await layers.linear(x, `${attention}.v_proj`, hiddenSize, hiddenSize, { activations });
    for (const [value, name] of [
      [k, `cross.${index}.k`],
      [v, `cross.${index}.v`],
    ] as const) {
      layers.splitHeads(value, decoder.heads, headDim, name);
      layers.graph.output(name, ["batch", decoder.heads, "positions", headDim]);
    }
  }
}
