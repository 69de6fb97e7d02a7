import type { VoiceLayers } from "../voice-layers.ts";
import type { ConvolutionSizes, Wav2Vec2Sizes } from "./config.ts";
import { headNames } from "./keys.ts";

/** torch.nn.LayerNorm's default, which the convolutions' norms keep whatever the config says. */
const convolutionEpsilon = 1e-5;

/** "To the end" for an ONNX Slice. */
const toEnd = 2 ** 31 - 1;

/**
 * wav2vec 2.0 (Baevski et al., 2020) in the variant of XLS-R (Babu et al., 2021; `Wav2Vec2EncoderStableLayerNorm`), under a
 * detector's head: the hidden states before the first layer and after each one (the last after the encoder's norm), weighted
 * by the softmax of learned weights, averaged over time, then one Linear.
 *
 * `waveform` [1, samples] → `logits` [1, 1], `embedding` [1, hiddenSize] (what the Linear sees).
 *
 * Time comes before channels throughout, and a convolution is the product of its taps side by side: layer norms then need no
 * transposition. The front end stays in float32 at every precision: it sees the bare waveform, and is small.
 */
export async function writeWav2Vec2(layers: VoiceLayers, sizes: Wav2Vec2Sizes): Promise<void> {
  const { graph } = layers;
  const { hiddenSize, epsilon } = sizes;
  const waveform = graph.input("waveform", [1, "samples"]);
  let x = graph.node("Unsqueeze", [waveform, graph.integers(2)]);
  let channels = 1;
  for (const [index, convolution] of sizes.convolutions.entries()) {
    x = await convolve(layers, x, `feature_extractor.conv_layers.${index}`, channels, convolution);
    channels = convolution.size;
  }
  x = await layers.layerNorm(x, "feature_projection.layer_norm", channels, epsilon);
  x = await layers.linear(x, "feature_projection.projection", channels, hiddenSize);
  x = layers.add(x, await relativePositions(layers, x, sizes));

  // The mean over time of a weighted sum is the weighted sum of the means, which are small.
  const means = [mean(layers, x)];
  for (let index = 0; index < sizes.layers; index++) {
    x = await layers.transformerLayer(x, names(index), sizes);
    if (index === sizes.layers - 1) x = await layers.layerNorm(x, "encoder.layer_norm", hiddenSize, epsilon);
    means.push(mean(layers, x));
  }
  const stacked = graph.node("Concat", means, { attributes: { axis: 1 } });
  const shares = graph.node("Softmax", [await layers.tensor(headNames.layerWeights, [1, sizes.layers + 1])], {
    attributes: { axis: -1 },
  });
  const pooled = graph.node("MatMul", [shares, stacked]);
  graph.node("Reshape", [pooled, graph.integers(1, hiddenSize)], { outputs: ["embedding"] });
  // One row is not worth quantizing.
  const weight = await layers.tensor(headNames.weight, [1, hiddenSize]);
  const bias = await layers.tensor(headNames.bias, [1]);
  graph.node("Gemm", ["embedding", weight, bias], { attributes: { transB: 1 }, outputs: ["logits"] });
  graph.output("logits", [1, 1]);
  graph.output("embedding", [1, hiddenSize]);
}

/** `[1, time, channels]` to `[1, (time − kernel) / stride + 1, size]`, then norm and GELU. */
async function convolve(
  layers: VoiceLayers,
  x: string,
  name: string,
  channels: number,
  { size, kernel, stride }: ConvolutionSizes,
): Promise<string> {
  const { graph, weights } = layers;
  const taps = Array.from({ length: kernel }, (_, tap) => {
    // A tap ends where the window of the last output does, so that all have the same length.
    const end = tap === kernel - 1 ? toEnd : tap + 1 - kernel;
    return graph.node("Slice", [
      x,
      graph.integers(tap),
      graph.integers(end),
      graph.integers(1),
      graph.integers(stride),
    ]);
  });
  const columns = graph.node("Concat", taps, { attributes: { axis: 2 } });
  const weightName = `${name}.conv.weight`;
  const weight = await graph.weight(weightName, "float32", [kernel * channels, size], async () =>
    tapsFirst(await weights.read(weightName, [size, channels, kernel]), size, channels, kernel),
  );
  const product = graph.node("MatMul", [columns, weight]);
  const biased = layers.add(product, await layers.tensor(`${name}.conv.bias`, [size]));
  return layers.gelu(await layers.layerNorm(biased, `${name}.layer_norm`, size, convolutionEpsilon));
}

/** A grouped convolution over time whose result stands for the positions; of an even kernel the last output is dropped. */
async function relativePositions(layers: VoiceLayers, x: string, sizes: Wav2Vec2Sizes): Promise<string> {
  const { graph, weights } = layers;
  const { hiddenSize, positionKernel, positionGroups } = sizes;
  const name = "encoder.pos_conv_embed.conv";
  const shape = [hiddenSize, hiddenSize / positionGroups, positionKernel];
  const weight = await graph.weight(`${name}.weight`, "float32", shape, async () =>
    foldWeightNorm(
      await weights.read(`${name}.weight_v`, shape),
      await weights.read(`${name}.weight_g`, [1, 1, positionKernel]),
    ),
  );
  const bias = await layers.tensor(`${name}.bias`, [hiddenSize]);
  const half = Math.floor(positionKernel / 2);
  const channelsFirst = graph.node("Transpose", [x], { attributes: { perm: [0, 2, 1] } });
  const convolved = graph.node("Conv", [channelsFirst, weight, bias], {
    attributes: {
      kernel_shape: [positionKernel],
      pads: [half, positionKernel % 2 === 0 ? half - 1 : half],
      group: positionGroups,
    },
  });
  return graph.node("Transpose", [layers.gelu(convolved)], { attributes: { perm: [0, 2, 1] } });
}

/** `[size, channels, kernel]` to `[kernel · channels, size]`. */
function tapsFirst(weight: Float32Array, size: number, channels: number, kernel: number): Float32Array {
  const result = new Float32Array(weight.length);
  let at = 0;
  for (let out = 0; out < size; out++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let tap = 0; tap < kernel; tap++) result[(tap * channels + channel) * size + out] = weight[at++]!;
    }
  }
  return result;
}

/** torch's weight_norm over the last axis: `g · v / ‖v‖`, the norm per tap over all channels. */
function foldWeightNorm(v: Float32Array<ArrayBuffer>, g: Float32Array): Float32Array<ArrayBuffer> {
  const kernel = g.length;
  const squares = new Float64Array(kernel);
  for (let i = 0; i < v.length; i++) squares[i % kernel]! += v[i]! ** 2;
  const scales = squares.map((square, tap) => g[tap]! / Math.sqrt(square));
  for (let i = 0; i < v.length; i++) v[i] = v[i]! * scales[i % kernel]!;
  return v;
}

function mean(layers: VoiceLayers, x: string): string {
  return layers.graph.node("ReduceMean", [x], { attributes: { axes: [1], keepdims: 1 } });
}

function names(index: number) {
  const layer = `encoder.layers.${index}`;
  return {
    query: `${layer}.attention.q_proj`,
    key: `${layer}.attention.k_proj`,
    value: `${layer}.attention.v_proj`,
    attentionOutput: `${layer}.attention.out_proj`,
    wide: `${layer}.feed_forward.intermediate_dense`,
    narrow: `${layer}.feed_forward.output_dense`,
    attentionNorm: `${layer}.layer_norm`,
    feedForwardNorm: `${layer}.final_layer_norm`,
  };
}
