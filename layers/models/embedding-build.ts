import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bertConfigFileNames, readBertConfig, writeBert } from "./bert/index.ts";
import type { BuildOptions } from "./build.ts";
import { manifestFileName } from "./built-model.ts";
import { Checkpoint, hashWeights } from "./checkpoint.ts";
import { type EmbeddingManifest, embeddingManifestSchema, readIntactEmbeddingManifest } from "./embedding-manifest.ts";
import { LayerWriter } from "./layer-writer.ts";
import { ExternalDataWriter, GraphBuilder, WeightStore } from "./onnx/index.ts";
import { copyExisting, describeFiles, publish, writeDurably } from "./publish.ts";

/** Counts up whenever the same checkpoint would give other files. */
export const embeddingBuilderVersion = 2;

/** `max_seq_length` of the published sentence_bert_config.json. */
const trainedTokens = 256;

/**
 * Builds the ONNX graph of a sentence embedding model: `embedding.onnx`, `embedding.data`, the checkpoint's configuration and tokenizer,
 * and `model.json`. The same checkpoint gives the same bytes. The folder appears whole or not at all.
 * @throws MediaError `model.missing` or `model.invalid` when the checkpoint is incomplete or another architecture
 */
export async function buildEmbeddingModel(options: Omit<BuildOptions, "onProgress">): Promise<EmbeddingManifest> {
  const { checkpointDirectory, outputDirectory, precision, weightBytes = "unsigned", identity } = options;
  const { positions, epsilon: _, ...sizes } = await readBertConfig(checkpointDirectory);
  await using weights = await Checkpoint.open(checkpointDirectory);
  const workDirectory = `${outputDirectory}.building-${randomUUID()}`;
  await mkdir(dirname(outputDirectory), { recursive: true });
  await mkdir(workDirectory);
  try {
    {
      await using data = await ExternalDataWriter.create(join(workDirectory, "embedding.data"));
      const graph = new GraphBuilder("embedding", new WeightStore(data));
      await writeBert(
        new LayerWriter(graph, weights, precision, weightBytes),
        await readBertConfig(checkpointDirectory),
      );
      await graph.writeTo(join(workDirectory, "embedding.onnx"));
    }
    const companions = await copyExisting(checkpointDirectory, workDirectory, bertConfigFileNames);
    const manifest = embeddingManifestSchema.parse({
      format: 1,
      builder: embeddingBuilderVersion,
      ...identity,
      ...sizes,
      architecture: "bert",
      maxTokens: Math.min(trainedTokens, positions),
      precision,
      weightBytes: precision === "int8" ? weightBytes : undefined,
      checkpointSha256: options.checkpointSha256 ?? (await hashWeights(weights.weightPaths)),
      files: await describeFiles(workDirectory, ["embedding.onnx", "embedding.data", ...companions]),
    });
    await writeDurably(join(workDirectory, manifestFileName), `${JSON.stringify(manifest, null, 2)}\n`);
    return await publish(workDirectory, outputDirectory, manifest, readIntactEmbeddingManifest);
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}
