import { randomUUID } from "node:crypto";
import { mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { manifestFileName } from "./built-model.ts";
import type { WeightBytes } from "./byte-products.ts";
import { Checkpoint, hashWeights } from "./checkpoint.ts";
import { type ModelManifest, modelManifestSchema, type Precision, readIntactManifest } from "./manifest.ts";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "./onnx/index.ts";
import { copyExisting, describeFiles, publish, writeDurably } from "./publish.ts";
import {
  configFileNames,
  readWhisperConfig,
  tokenEmbeddingsName,
  WhisperLayers,
  type WhisperSizes,
  writeDecoder,
  writeEncoder,
  writeScoring,
} from "./whisper/index.ts";

/** Counts up whenever the same checkpoint would give other files; built models of an older version are not used. */
export const builderVersion = 4;

/** Copied into a built model, so that it is complete without its checkpoint. */
const companionFileNames = [...configFileNames, "tokenizer_config.json", "special_tokens_map.json"];

/** Rows of the token embeddings that are in memory at a time while they are copied. */
const rowsPerBlock = 4096;

export type BuildStage = "detector" | "encoder" | "decoder" | "embeddings" | "hashing";

export type BuildOptions = {
  /** A checkpoint in the hub's layout: configuration files and safetensors. */
  readonly checkpointDirectory: string;
  /** Where the built model shall be; its parent is created. */
  readonly outputDirectory: string;
  readonly precision: Precision;
  /** `unsigned`, the default, is right everywhere; see `bestWeightBytes`. */
  readonly weightBytes?: WeightBytes;
  readonly identity: Pick<ModelManifest, "id" | "revision" | "licence" | "demo">;
  /** Known SHA-256 of the weights, when the caller has just computed it. */
  readonly checkpointSha256?: string;
  readonly onProgress?: (stage: BuildStage) => void;
};

/**
 * Builds halfgig's ONNX graphs from a checkpoint: `encoder.onnx` and `encoder.data`, `decoder.onnx`, `scoring.onnx` (where there are
 * alignment heads) and their common `decoder.data`, `embeddings.bin`, the checkpoint's configuration, and `model.json`. The same checkpoint gives the same bytes. Memory is that of the largest
 * single matrix. The folder appears whole or not at all, also when several processes build it at once.
 * @throws MediaError `model.missing` or `model.invalid` when the checkpoint is incomplete or is not a Whisper.
 */
export async function buildModel(options: BuildOptions): Promise<ModelManifest> {
  const { checkpointDirectory, outputDirectory, precision, weightBytes = "unsigned", identity, onProgress } = options;
  await using checkpoint = await Checkpoint.open(checkpointDirectory);
  const { sizes, description } = await readWhisperConfig(checkpointDirectory);
  const workDirectory = `${outputDirectory}.building-${randomUUID()}`;
  await mkdir(dirname(outputDirectory), { recursive: true });
  await mkdir(workDirectory);
  try {
    onProgress?.("encoder");
    const graphs = { directory: workDirectory, checkpoint, precision, weightBytes };
    const encoderFiles = await writeGraphs(graphs, "encoder.data", {
      "encoder.onnx": (layers) => writeEncoder(layers, sizes),
    });
    onProgress?.("decoder");
    const decoderFiles = await writeGraphs(graphs, "decoder.data", {
      "decoder.onnx": (layers) => writeDecoder(layers, sizes),
      ...(description.alignmentHeads.length > 0 && {
        "scoring.onnx": (layers: WhisperLayers) => writeScoring(layers, sizes, description),
      }),
    });
    onProgress?.("embeddings");
    await writeEmbeddings(join(workDirectory, "embeddings.bin"), checkpoint, sizes);
    const companions = await copyExisting(checkpointDirectory, workDirectory, companionFileNames);
    onProgress?.("hashing");
    const built = [...encoderFiles, ...decoderFiles, "embeddings.bin"];
    const manifest = modelManifestSchema.parse({
      format: 1,
      builder: builderVersion,
      ...identity,
      ...description,
      precision,
      weightBytes: precision === "int8" ? weightBytes : undefined,
      checkpointSha256: options.checkpointSha256 ?? (await hashWeights(checkpoint.weightPaths)),
      files: await describeFiles(workDirectory, [...built, ...companions]),
      embeddingsDtype: checkpoint.info(tokenEmbeddingsName).dtype,
    });
    await writeDurably(join(workDirectory, manifestFileName), `${JSON.stringify(manifest, null, 2)}\n`);
    return await publish(workDirectory, outputDirectory, manifest, readIntactManifest);
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}

type GraphWriters = Readonly<Record<string, (layers: WhisperLayers) => Promise<void>>>;

/** Writes graphs that share one data file; returns the names of all files. */
async function writeGraphs(
  {
    directory,
    checkpoint,
    precision,
    weightBytes,
  }: { directory: string; checkpoint: Checkpoint; precision: Precision; weightBytes: WeightBytes },
  dataName: string,
  writers: GraphWriters,
): Promise<string[]> {
  await using data = await ExternalDataWriter.create(join(directory, dataName));
  const store = new WeightStore(data);
  for (const [fileName, write] of Object.entries(writers)) {
    const graph = new GraphBuilder(fileName.replace(".onnx", ""), store);
    await write(new WhisperLayers(graph, checkpoint, precision, weightBytes));
    await graph.writeTo(join(directory, fileName));
  }
  return [...Object.keys(writers), dataName];
}

/** The rows as they are in the checkpoint: looked up one by one, they need no faster format, and stay exact. */
async function writeEmbeddings(path: string, checkpoint: Checkpoint, { vocabSize }: WhisperSizes): Promise<void> {
  await using file = await open(path, "wx");
  for (let start = 0; start < vocabSize; start += rowsPerBlock) {
    const end = Math.min(vocabSize, start + rowsPerBlock);
    await file.writeFile(await checkpoint.readRowBytes(tokenEmbeddingsName, start, end));
  }
  await file.sync();
}
