import type { VoiceLayers } from "../voice-layers.ts";
import type { AstSizes } from "./config.ts";

const root = "audio_spectrogram_transformer";

/** The classification and the distillation token, whose mean is what is classified. */
const specialTokens = 2;

/** Of 1,214 tokens the wide value takes 15 MB, and again as much behind the GELU. */
const feedForwardParts = 4;

/**
 * ASTForAudioClassification: "AST: Audio Spectrogram Transformer" (Gong et al., 2021) with the parameter names of the hub's
 * checkpoints. Of the last layer only the two tokens that are classified are computed.
 *
 * `features` [1, maxFrames, melBins] → `logits` [1, labels], `embedding` [1, hiddenSize] (what the classifier sees).
 */
export async function writeAst(layers: VoiceLayers, sizes: AstSizes): Promise<void> {
  const { graph } = layers;
  const { hiddenSize, epsilon } = sizes;
  const features = graph.input("features", [1, sizes.maxFrames, sizes.melBins]);
  let x = await embed(layers, features, sizes);
  for (let index = 0; index < sizes.layers; index++) {
    const last = index === sizes.layers - 1;
    x = await layers.transformerLayer(
      x,
      names(index),
      { ...sizes, feedForwardParts },
      last ? specialTokens : undefined,
    );
  }
  x = await layers.layerNorm(x, `${root}.layernorm`, hiddenSize, epsilon);
  graph.node("ReduceMean", [x], { attributes: { axes: [1], keepdims: 0 }, outputs: ["embedding"] });
  const normed = await layers.layerNorm("embedding", "classifier.layernorm", hiddenSize, epsilon);
  const logits = await layers.linear(normed, "classifier.dense", hiddenSize, sizes.labels);
  graph.node("Identity", [logits], { outputs: ["logits"] });
  graph.output("logits", [1, sizes.labels]);
  graph.output("embedding", [1, hiddenSize]);
}

/** Patches of the spectrogram, frequency by frequency, after the two tokens; all with their positions. */
async function embed(layers: VoiceLayers, features: string, sizes: AstSizes): Promise<string> {
  const { graph, weights } = layers;
  const { hiddenSize, patchSize, patches } = sizes;
  const embeddings = `${root}.embeddings`;
  const projection = `${embeddings}.patch_embeddings.projection`;
  const spectrogram = graph.node("Unsqueeze", [
    graph.node("Transpose", [features], { attributes: { perm: [0, 2, 1] } }),
    graph.integers(1),
  ]);
  const cut = graph.node(
    "Conv",
    [
      spectrogram,
      await layers.tensor(`${projection}.weight`, [hiddenSize, 1, patchSize, patchSize]),
      await layers.tensor(`${projection}.bias`, [hiddenSize]),
    ],
    {
      attributes: {
        kernel_shape: [patchSize, patchSize],
        strides: [sizes.frequencyStride, sizes.timeStride],
      },
    },
  );
  const rows = graph.node("Transpose", [graph.node("Reshape", [cut, graph.integers(1, hiddenSize, patches)])], {
    attributes: { perm: [0, 2, 1] },
  });
  const tokens = await graph.weight(`${embeddings}.tokens`, "float32", [1, specialTokens, hiddenSize], async () => {
    const shape = [1, 1, hiddenSize];
    const both = new Float32Array(specialTokens * hiddenSize);
    both.set(await weights.read(`${embeddings}.cls_token`, shape));
    both.set(await weights.read(`${embeddings}.distillation_token`, shape), hiddenSize);
    return both;
  });
  const positions = await layers.tensor(`${embeddings}.position_embeddings`, [1, patches + specialTokens, hiddenSize]);
  return layers.add(graph.node("Concat", [tokens, rows], { attributes: { axis: 1 } }), positions);
}

function names(index: number) {
  const layer = `${root}.encoder.layer.${index}`;
  return {
    query: `${layer}.attention.attention.query`,
    key: `${layer}.attention.attention.key`,
    value: `${layer}.attention.attention.value`,
    attentionOutput: `${layer}.attention.output.dense`,
    wide: `${layer}.intermediate.dense`,
    narrow: `${layer}.output.dense`,
    attentionNorm: `${layer}.layernorm_before`,
    feedForwardNorm: `${layer}.layernorm_after`,
  };
}
