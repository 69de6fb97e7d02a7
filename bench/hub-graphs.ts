import { join } from "node:path";
import { bestWeightBytes } from "../layers/models/byte-products.ts";
import { Checkpoint } from "../layers/models/checkpoint.ts";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "../layers/models/onnx/index.ts";
import {
  readWhisperConfig,
  tokenEmbeddingsName,
  WhisperLayers,
  type WhisperSizes,
  writeEncoderLayers,
} from "../layers/models/whisper/index.ts";

/**
 * Writes a checkpoint as the graphs that the hub's ONNX exports consist of and that transformers.js loads:
 * `encoder_model_quantized.onnx` and `decoder_model_merged_quantized.onnx`. Attention is plain products and softmax, the
 * decoder takes the encoder's output and branches on `use_cache_branch`, logits are those of every position. The quantized
 * weights are the very bytes of halfgig's own graphs.
 */
export async function writeHubGraphs(checkpointDirectory: string, outputDirectory: string): Promise<void> {
  await using checkpoint = await Checkpoint.open(checkpointDirectory);
  const { sizes } = await readWhisperConfig(checkpointDirectory);
  const files = [
    ["encoder_model_quantized.onnx", writeHubEncoder],
    ["decoder_model_merged_quantized.onnx", writeHubDecoder],
  ] as const;
  for (const [fileName, write] of files) {
    await using data = await ExternalDataWriter.create(join(outputDirectory, `${fileName}_data`));
    const graph = new GraphBuilder("main", new WeightStore(data));
    await write(new WhisperLayers(graph, checkpoint, "int8", bestWeightBytes()), sizes);
    await graph.writeTo(join(outputDirectory, fileName));
  }
}

async function writeHubEncoder(layers: WhisperLayers, sizes: WhisperSizes): Promise<void> {
  const { graph } = layers;
  const features = graph.input("input_features", ["batch", sizes.melBins, "frames"]);
  const headDim = sizes.hiddenSize / sizes.encoder.heads;
  const x = await writeEncoderLayers(layers, sizes, features, (_, q, k, v, heads) => {
    const [a, b, c] = [q, k, v].map((value) => layers.splitHeads(value, heads, headDim));
    return plainAttention(layers, a!, b!, c!, sizes.hiddenSize, headDim);
  });
  graph.node("Identity", [x], { outputs: ["last_hidden_state"] });
  graph.output("last_hidden_state", ["batch", "positions", sizes.hiddenSize]);
}

/** Softmax(q·kᵀ / √headDim + mask)·v, step by step. */
function plainAttention(
  layers: WhisperLayers,
  q: string,
  k: string,
  v: string,
  hiddenSize: number,
  headDim: number,
  mask?: string,
): string {
  const { graph } = layers;
  const scaled = graph.node("Mul", [q, graph.scalar(headDim ** -0.5)]);
  let scores = graph.node("MatMul", [scaled, graph.node("Transpose", [k], { attributes: { perm: [0, 1, 3, 2] } })]);
  if (mask !== undefined) scores = layers.add(scores, mask);
  const weights = graph.node("Softmax", [scores], { attributes: { axis: -1 } });
  const attended = graph.node("Transpose", [graph.node("MatMul", [weights, v])], {
    attributes: { perm: [0, 2, 1, 3] },
  });
  return graph.node("Reshape", [attended, graph.integers(0, -1, hiddenSize)]);
}

async function writeHubDecoder(layers: WhisperLayers, sizes: WhisperSizes): Promise<void> {
  const { graph, weights: checkpoint } = layers;
  const { hiddenSize, vocabSize, decoder } = sizes;
  const headDim = hiddenSize / decoder.heads;
  graph.input("input_ids", ["batch", "tokens"], "int64");
  graph.input("encoder_hidden_states", ["batch", "positions", hiddenSize]);
  graph.output("logits", ["batch", "tokens", vocabSize]);
  for (let index = 0; index < decoder.layers; index++) {
    for (const side of ["decoder", "encoder"]) {
      for (const part of ["key", "value"]) {
        const dims = (length: string) => ["batch", decoder.heads, length, headDim];
        graph.input(`past_key_values.${index}.${side}.${part}`, dims(`past_${side}`));
        graph.output(`present.${index}.${side}.${part}`, dims(`present_${side}`));
      }
    }
  }
  const useCache = graph.input("use_cache_branch", [1], "bool");
  const branches = [];
  for (const cached of [true, false]) {
    const branch = graph.branch(cached ? "cached" : "first");
    await decoderBranch(new WhisperLayers(branch, checkpoint, "int8", bestWeightBytes()), sizes, cached);
    branches.push(branch.asAttribute());
  }
  const outputs = ["logits"];
  for (let index = 0; index < decoder.layers; index++) {
    for (const side of ["decoder", "encoder"])
      for (const part of ["key", "value"]) outputs.push(`present.${index}.${side}.${part}`);
  }
  graph.node("If", [useCache], {
    attributes: { then_branch: branches[0]!, else_branch: branches[1]! },
    outputs,
  });
}

/** One branch of the merged decoder: on the caches, or from the encoder's output. */
async function decoderBranch(layers: WhisperLayers, sizes: WhisperSizes, cached: boolean): Promise<void> {
  const { graph } = layers;
  const { hiddenSize, vocabSize, maxTargetPositions, decoder } = sizes;
  const { heads } = decoder;
  const headDim = hiddenSize / heads;
  const dimension = (value: string, axis: number) =>
    graph.node("Slice", [graph.node("Shape", [value]), graph.integers(axis), graph.integers(axis + 1)]);
  const split = (x: string) => layers.splitHeads(x, heads, headDim);
  const project = async (x: string, name: string, bias = true) =>
    split(await layers.linear(x, name, hiddenSize, hiddenSize, { bias }));

  const tokens = dimension("input_ids", 1);
  const past = cached ? dimension("past_key_values.0.decoder.key", 2) : graph.integers(0);
  const total = graph.node("Add", [past, tokens]);
  const table = await layers.tensor("model.decoder.embed_positions.weight", [maxTargetPositions, hiddenSize]);
  const positions = graph.node("Slice", [table, past, total, graph.integers(0)]);
  let x = layers.add(await lookUp(layers, sizes), positions);
  const shape = graph.node("Concat", [tokens, total], { attributes: { axis: 0 } });
  const forbidden = graph.node("Expand", [graph.scalar(-1e9), shape]);
  const diagonal = graph.node("Squeeze", [graph.node("Add", [past, graph.integers(1)])]);
  const mask = graph.node("Trilu", [forbidden, diagonal], { attributes: { upper: 1 } });

  const presents: string[] = [];
  for (let index = 0; index < decoder.layers; index++) {
    const layer = `model.decoder.layers.${index}`;
    const name = (side: string, part: string) => `past_key_values.${index}.${side}.${part}`;
    const own = await layers.layerNorm(x, `${layer}.self_attn_layer_norm`, hiddenSize);
    const q = await project(own, `${layer}.self_attn.q_proj`);
    let k = await project(own, `${layer}.self_attn.k_proj`, false);
    let v = await project(own, `${layer}.self_attn.v_proj`);
    if (cached) {
      k = graph.node("Concat", [name("decoder", "key"), k], { attributes: { axis: 2 } });
      v = graph.node("Concat", [name("decoder", "value"), v], { attributes: { axis: 2 } });
    }
    const attended = plainAttention(layers, q, k, v, hiddenSize, headDim, mask);
    x = layers.add(x, await layers.linear(attended, `${layer}.self_attn.out_proj`, hiddenSize, hiddenSize));
    const cross = await layers.layerNorm(x, `${layer}.encoder_attn_layer_norm`, hiddenSize);
    const crossQ = await project(cross, `${layer}.encoder_attn.q_proj`);
    const states = "encoder_hidden_states";
    const crossK = cached
      ? graph.node("Identity", [name("encoder", "key")])
      : await project(states, `${layer}.encoder_attn.k_proj`, false);
    const crossV = cached
      ? graph.node("Identity", [name("encoder", "value")])
      : await project(states, `${layer}.encoder_attn.v_proj`);
    const heard = plainAttention(layers, crossQ, crossK, crossV, hiddenSize, headDim);
    x = layers.add(x, await layers.linear(heard, `${layer}.encoder_attn.out_proj`, hiddenSize, hiddenSize));
    x = await layers.layerTail(x, layer, { hiddenSize, feedForwardSize: decoder.feedForwardSize });
    presents.push(k, v, crossK, crossV);
  }
  const norm = "model.decoder.layer_norm";
  const logits = await layers.normedLogits(x, { norm, embeddings: tokenEmbeddingsName, hiddenSize, vocabSize });
  const shaped = graph.node("Reshape", [logits, graph.integers(1, -1, vocabSize)]);
  graph.output(shaped, ["batch", "tokens", vocabSize]);
  for (const value of presents) graph.output(value, ["batch", heads, `${value}_length`, headDim]);
}

/** The rows of the token embeddings, kept as bytes as quantized exports keep them. */
async function lookUp(layers: WhisperLayers, { hiddenSize, vocabSize }: WhisperSizes): Promise<string> {
  const { graph, weights: checkpoint } = layers;
  const scales = new Float32Array(vocabSize);
  const bytes = await graph.weight("embedding_rows", "uint8", [vocabSize, hiddenSize], async () => {
    const rows = new Uint8Array(vocabSize * hiddenSize);
    for (let token = 0; token < vocabSize; token++) {
      const values = await checkpoint.readRows(tokenEmbeddingsName, token, token + 1);
      const scale = Math.max(...values.map(Math.abs)) / 127;
      scales[token] = scale;
      rows.set(
        values.map((value) => Math.round(value / scale) + 128),
        token * hiddenSize,
      );
    }
    return rows;
  });
  const scale = await graph.weight("embedding_scales", "float32", [vocabSize, 1], async () => scales);
  const levels = graph.node("Cast", [graph.node("Gather", [bytes, "input_ids"])], { attributes: { to: 1 } });
  const centred = graph.node("Sub", [levels, graph.scalar(128)]);
  return graph.node("Mul", [centred, graph.node("Gather", [scale, "input_ids"])]);
}
