import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MediaError } from "../core/index.ts";
import { astConfigFileNames, readAstConfig, writeAst } from "./ast/index.ts";
import { manifestFileName } from "./built-model.ts";
import type { WeightBytes } from "./byte-products.ts";
import { Checkpoint, findWeightPaths, hashWeights } from "./checkpoint.ts";
import type { WeightReader } from "./layer-writer.ts";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "./onnx/index.ts";
import { copyExisting, describeFiles, publish, writeDurably } from "./publish.ts";
import { readModelType } from "./voice-config.ts";
import { VoiceLayers } from "./voice-layers.ts";
import { readIntactVoiceManifest, type VoiceManifest, voiceManifestSchema } from "./voice-manifest.ts";
import {
  DetectorWeights,
  findDetectorPaths,
  readWav2Vec2Config,
  readWav2Vec2Sizes,
  wav2Vec2ConfigFileNames,
  writeWav2Vec2,
} from "./wav2vec2/index.ts";

/** Counts up whenever the same checkpoint would give other files. */
export const voiceBuilderVersion = 3;

export type VoiceBuildOptions = {
  /** A checkpoint in the hub's layout: config.json, preprocessor_config.json and weights. */
  readonly checkpointDirectory: string;
  /** Where the built model shall be; its parent is created. */
  readonly outputDirectory: string;
  readonly precision: VoiceManifest["precision"];
  /** `unsigned`, the default, is right everywhere; see `bestWeightBytes`. */
  readonly weightBytes?: WeightBytes;
  readonly identity: Pick<VoiceManifest, "id" | "revision" | "licence" | "demo">;
  /** Known SHA-256 of the weights, when the caller has just computed it. */
  readonly checkpointSha256?: string;
};

type Plan = {
  readonly description: object;
  readonly configFileNames: readonly string[];
  readonly weightPaths: readonly string[];
  readonly weights: WeightReader & AsyncDisposable;
  readonly write: (layers: VoiceLayers) => Promise<void>;
};

/**
 * Builds the ONNX graph of a voice detector: `voice.onnx`, `voice.data`, the checkpoint's configuration, and `model.json`.
 * What is built follows from `model_type` of config.json: `audio-spectrogram-transformer` (ASTForAudioClassification, weights
 * in safetensors) or `wav2vec2` (a detector on XLS-R, weights in a .pt file, see `mapDetectorKeys`). The same checkpoint gives
 * the same bytes. Memory is that of the largest single matrix. The folder appears whole or not at all.
 * @throws MediaError `model.missing` or `model.invalid` when the checkpoint is incomplete or another architecture
 */
export async function buildVoiceModel(options: VoiceBuildOptions): Promise<VoiceManifest> {
  const { checkpointDirectory, outputDirectory, precision, weightBytes = "unsigned", identity } = options;
  const plan = await makePlan(checkpointDirectory);
  await using weights = plan.weights;
  const workDirectory = `${outputDirectory}.building-${randomUUID()}`;
  await mkdir(dirname(outputDirectory), { recursive: true });
  await mkdir(workDirectory);
  try {
    {
      await using data = await ExternalDataWriter.create(join(workDirectory, "voice.data"));
      const graph = new GraphBuilder("voice", new WeightStore(data));
      await plan.write(new VoiceLayers(graph, weights, precision, weightBytes));
      await graph.writeTo(join(workDirectory, "voice.onnx"));
    }
    const companions = await copyExisting(checkpointDirectory, workDirectory, plan.configFileNames);
    const manifest = voiceManifestSchema.parse({
      format: 1,
      builder: voiceBuilderVersion,
      ...identity,
      ...plan.description,
      precision,
      weightBytes: precision === "int8" ? weightBytes : undefined,
      checkpointSha256: options.checkpointSha256 ?? (await hashWeights(plan.weightPaths)),
      files: await describeFiles(workDirectory, ["voice.onnx", "voice.data", ...companions]),
    });
    await writeDurably(join(workDirectory, manifestFileName), `${JSON.stringify(manifest, null, 2)}\n`);
    return await publish(workDirectory, outputDirectory, manifest, readIntactVoiceManifest);
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}

async function makePlan(directory: string): Promise<Plan> {
  const modelType = await readModelType(directory);
  if (modelType === "audio-spectrogram-transformer") {
    const { sizes, description } = await readAstConfig(directory);
    const weights = await Checkpoint.open(directory);
    const { weightPaths } = weights;
    const write = (layers: VoiceLayers) => writeAst(layers, sizes);
    return { description, configFileNames: astConfigFileNames, weightPaths, weights, write };
  }
  if (modelType === "wav2vec2") {
    const { sizes, description } = await readWav2Vec2Config(directory);
    const weightPaths = await findDetectorPaths(directory);
    const weights = await DetectorWeights.open(weightPaths, sizes);
    const write = (layers: VoiceLayers) => writeWav2Vec2(layers, sizes);
    return { description, configFileNames: wav2Vec2ConfigFileNames, weightPaths, weights, write };
  }
  throw new MediaError(
    "model.invalid",
    `The checkpoint in ${directory} is a ${modelType}; halfgig's voice detectors are audio-spectrogram-transformer and wav2vec2.`,
  );
}

/**
 * The weight files of a detector's checkpoint, without opening them.
 * @throws MediaError `model.missing` where there are none, `model.invalid` where it is no detector
 */
export async function findVoiceWeightPaths(directory: string): Promise<string[]> {
  return (await readModelType(directory)) === "wav2vec2" ? findDetectorPaths(directory) : findWeightPaths(directory);
}

/** Configuration files that a detector's graphs depend on; the same for both architectures. */
export const voiceConfigFileNames = [...new Set([...astConfigFileNames, ...wav2Vec2ConfigFileNames])];

/**
 * Whether files of weights, the detector's own first, are all that its configuration asks for.
 * @param configPath a wav2vec 2.0 config.json
 */
export async function holdsWholeDetector(configPath: string, weightPaths: readonly string[]): Promise<boolean> {
  const sizes = await readWav2Vec2Sizes(dirname(configPath));
  return DetectorWeights.open(weightPaths, sizes).then(
    async (weights) => {
      await weights[Symbol.asyncDispose]();
      return true;
    },
    () => false,
  );
}
