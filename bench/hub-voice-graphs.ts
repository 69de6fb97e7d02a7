import { join } from "node:path";
import { readAstConfig, writeAst } from "../layers/models/ast/index.ts";
import { bestWeightBytes } from "../layers/models/byte-products.ts";
import { Checkpoint } from "../layers/models/checkpoint.ts";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "../layers/models/onnx/index.ts";
import { type TransformerSizes, VoiceLayers } from "../layers/models/voice-layers.ts";
import {
  DetectorWeights,
  findDetectorPaths,
  readWav2Vec2Config,
  writeWav2Vec2,
} from "../layers/models/wav2vec2/index.ts";

/** The input of both architectures has this name in the hub's exports. */
class HubGraph extends GraphBuilder {
  override input(...[name, ...rest]: Parameters<GraphBuilder["input"]>): string {
    return super.input(name === "features" || name === "waveform" ? "input_values" : name, ...rest);
  }
}

/** Attention in plain products and a softmax, as the hub's exports have it. */
class HubLayers extends VoiceLayers {
  protected override attend(q: string, k: string, v: string, { heads, hiddenSize }: TransformerSizes): string {
    const { graph } = this;
    const headDim = hiddenSize / heads;
    const split = (x: string, perm: number[]) =>
      graph.node("Transpose", [graph.node("Reshape", [x, graph.integers(0, -1, heads, headDim)])], {
        attributes: { perm },
      });
    const scaled = graph.node("Mul", [split(q, [0, 2, 1, 3]), graph.scalar(headDim ** -0.5)]);
    const scores = graph.node("MatMul", [scaled, split(k, [0, 2, 3, 1])]);
    const weights = graph.node("Softmax", [scores], { attributes: { axis: -1 } });
    const attended = graph.node("MatMul", [weights, split(v, [0, 2, 1, 3])]);
    const joined = graph.node("Transpose", [attended], { attributes: { perm: [0, 2, 1, 3] } });
    return graph.node("Reshape", [joined, graph.integers(0, -1, hiddenSize)]);
  }
}

/** Writes a detector's checkpoint as `model_quantized.onnx`, which transformers.js loads; the quantized weights are halfgig's own. */
export async function writeHubVoiceGraph(
  kind: "ast" | "xlsr",
  checkpointDirectory: string,
  outputDirectory: string,
): Promise<void> {
  const fileName = "model_quantized.onnx";
  await using data = await ExternalDataWriter.create(join(outputDirectory, `${fileName}_data`));
  const graph = new HubGraph("main", new WeightStore(data));
  if (kind === "ast") {
    await using checkpoint = await Checkpoint.open(checkpointDirectory);
    const { sizes } = await readAstConfig(checkpointDirectory);
    await writeAst(new HubLayers(graph, checkpoint, "int8", bestWeightBytes()), sizes);
  } else {
    const { sizes } = await readWav2Vec2Config(checkpointDirectory);
    await using weights = await DetectorWeights.open(await findDetectorPaths(checkpointDirectory), sizes);
    await writeWav2Vec2(new HubLayers(graph, weights, "int8", bestWeightBytes()), sizes);
  }
  await graph.writeTo(join(outputDirectory, fileName));
}
