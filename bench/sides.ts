import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bestWeightBytes, buildModel } from "../layers/models/index.ts";
import { writeTrueSizeModel } from "../test/memory/true-size-model.ts";
import { writeHubGraphs } from "./hub-graphs.ts";
import { installTransformers } from "./peer.ts";

/** Everything that is measured, in one folder. */
export type Sides = {
  /** halfgig's built model. */
  readonly halfgig: string;
  /** Folder of models for transformers.js, and where that is installed. */
  readonly hubModels: string;
  readonly transformers: string;
};

/** One seeded checkpoint of whisper-tiny's sizes, as graphs of both kinds, and the peer beside them. */
export async function prepareSides(directory: string): Promise<Sides> {
  await writeTrueSizeModel(directory, "checkpoint");
  const checkpoint = join(directory, "checkpoint");
  const halfgig = join(directory, "halfgig");
  await buildModel({
    checkpointDirectory: checkpoint,
    outputDirectory: halfgig,
    precision: "int8",
    weightBytes: bestWeightBytes(),
    identity: { id: "bench", revision: "", licence: "", demo: true },
  });
  const hubModels = join(directory, "models");
  const hub = join(hubModels, "whisper-tiny-seeded");
  await mkdir(join(hub, "onnx"), { recursive: true });
  await writeHubGraphs(checkpoint, join(hub, "onnx"));
  await writeHubConfiguration(checkpoint, hub);
  const transformers = join(directory, "peer");
  await installTransformers(transformers);
  return { halfgig, hubModels, transformers };
}

/** What transformers.js reads beside the graphs. */
async function writeHubConfiguration(checkpoint: string, directory: string): Promise<void> {
  const json = async (name: string) => JSON.parse(await readFile(join(checkpoint, name), "utf8"));
  const names = { architectures: ["WhisperForConditionalGeneration"], is_encoder_decoder: true, bos_token_id: 50257 };
  const config = { ...(await json("config.json")), ...names, pad_token_id: 50257 };
  const forJs = { use_external_data_format: true };
  await writeFile(join(directory, "config.json"), JSON.stringify({ ...config, "transformers.js_config": forJs }));
  const generation = {
    ...(await json("generation_config.json")),
    decoder_start_token_id: 50258,
    eos_token_id: 50257,
    pad_token_id: 50257,
    task_to_id: { transcribe: 50359, translate: 50358 },
    max_length: 448,
    begin_suppress_tokens: [220, 50257],
  };
  await writeFile(join(directory, "generation_config.json"), JSON.stringify(generation));
}
