import type { LayerWriter } from "../layer-writer.ts";
import { microsoft } from "../onnx/index.ts";
import { quantizeTable, weightZeroPoint } from "../quantize.ts";
import type { BertSizes } from "./config.ts";

/**
 * A scale per row: a text's embedding is then the same whatever else is in its batch, and no token of it is quantized by the loudest one's
 * scale.
 */
const activations = "rows";

/** TensorProto.DataType, for Cast. */
const float32 = 1;
const int32 = 6;

/**
 * BertModel ("BERT", Devlin et al., 2019) with the parameter names of the hub's checkpoints, and what sentence-transformers puts behind it:
 * the mean of all tokens that are not padding, brought to length 1 ("Sentence-BERT", Reimers and Gurevych, 2019).
 *
 * `tokens` [batch, positions] int64, `mask` [batch, positions] int64 (1 for tokens, 0 for padding) → `embedding` [batch, hiddenSize].
 */
export async function writeBert(layers: LayerWriter, sizes: BertSizes): Promise<void> {
  const { graph } = layers;
  const { hiddenSize, epsilon } = sizes;
  const tokens = graph.input("tokens", ["batch", "positions"], "int64");
  const mask = graph.input("mask", ["batch", "positions"], "int64");
  const keys = graph.node("Cast", [mask], { attributes: { to: int32 } });
  let x = await layers.layerNorm(await embed(layers, tokens, sizes), "embeddings.LayerNorm", hiddenSize, epsilon);
  for (let index = 0; index < sizes.layers; index++) {
    const layer = `encoder.layer.${index}`;
    const project = (part: string) =>
      layers.linear(x, `${layer}.attention.self.${part}`, hiddenSize, hiddenSize, { activations });
    const [q, k, v] = [await project("query"), await project("key"), await project("value")];
    const attended = graph.node("MultiHeadAttention", [q, k, v, "", keys], {
      domain: microsoft,
      attributes: { num_heads: sizes.heads },
    });
    const output = await layers.linear(attended, `${layer}.attention.output.dense`, hiddenSize, hiddenSize, {
      activations,
    });
    const between = await layers.layerNorm(
      layers.add(x, output),
      `${layer}.attention.output.LayerNorm`,
      hiddenSize,
      epsilon,
    );
    const names = { wide: `${layer}.intermediate.dense`, narrow: `${layer}.output.dense` };
    const after = await layers.feedForward(between, between, names, {
      ...sizes,
      wideActivations: activations,
      narrowActivations: "geluRows",
    });
    x = await layers.layerNorm(after, `${layer}.output.LayerNorm`, hiddenSize, epsilon);
  }
  pool(layers, x, mask);
  graph.output("embedding", ["batch", hiddenSize]);
}

/** Word, position and the first of the two segment types, added up. In int8 a word's row is bytes and a scale. */
async function embed(
  layers: LayerWriter,
  tokens: string,
  { hiddenSize, vocabSize, positions }: BertSizes,
): Promise<string> {
  const { graph, weights } = layers;
  const name = "embeddings.word_embeddings.weight";
  const table = () => weights.read(name, [vocabSize, hiddenSize]);
  let words: string;
  if (layers.precision === "int8") {
    let quantized: ReturnType<typeof quantizeTable> | undefined;
    const bytes = await graph.weight(name, "uint8", [vocabSize, hiddenSize], async () => {
      quantized = quantizeTable(await table(), hiddenSize);
      return quantized.values;
    });
    const scales = await graph.weight(`${name}.scale`, "float32", [vocabSize, 1], async () => quantized!.scales);
    const levels = graph.node("Cast", [graph.node("Gather", [bytes, tokens])], { attributes: { to: float32 } });
    words = graph.node("Mul", [
      graph.node("Sub", [levels, graph.scalar(weightZeroPoint)]),
      graph.node("Gather", [scales, tokens]),
    ]);
  } else words = graph.node("Gather", [await graph.weight(name, "float32", [vocabSize, hiddenSize], table), tokens]);
  const places = await graph.weight("embeddings.places", "float32", [positions, hiddenSize], async () => {
    const sum = await weights.read("embeddings.position_embeddings.weight", [positions, hiddenSize]);
    const types = await weights.read("embeddings.token_type_embeddings.weight", [2, hiddenSize]);
    for (let i = 0; i < sum.length; i++) sum[i]! += types[i % hiddenSize]!;
    return sum;
  });
  const length = graph.node("Shape", [tokens], { attributes: { start: 1, end: 2 } });
  return layers.add(words, graph.node("Slice", [places, graph.integers(0), length, graph.integers(0)]));
}

function pool({ graph }: LayerWriter, x: string, mask: string): void {
  const kept = graph.node("Unsqueeze", [
    graph.node("Cast", [mask], { attributes: { to: float32 } }),
    graph.integers(1),
  ]);
  // [batch, 1, positions] × [batch, positions, hidden]: the sum of what is not padding. Its length does not matter, so neither does
  // by how many it is divided.
  const sum = graph.node("Squeeze", [graph.node("MatMul", [kept, x]), graph.integers(1)]);
  graph.node("LpNormalization", [sum], { attributes: { axis: -1, p: 2 }, outputs: ["embedding"] });
}
