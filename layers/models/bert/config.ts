import { z } from "zod";
import { MediaError } from "../../core/index.ts";
import { readCheckpointFile } from "../model-file.ts";

const size = z.int().positive();

/** The part of config.json that shapes the graph. Fields outside the architecture as published are refused, not guessed. */
const configSchema = z.object({
  model_type: z.literal("bert"),
  hidden_act: z.literal("gelu").default("gelu"),
  position_embedding_type: z.literal("absolute").default("absolute"),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size.default(512),
  layer_norm_eps: z.number().positive().default(1e-12),
});

export type BertSizes = {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForwardSize: number;
  readonly vocabSize: number;
  /** Positions that the checkpoint has embeddings for. */
  readonly positions: number;
  readonly epsilon: number;
};

export const bertConfigFileNames = ["config.json", "tokenizer.json"];

/**
 * Reads the sizes of a BertModel checkpoint in the hub's layout.
 * @throws MediaError `model.missing` when a file is absent, `model.invalid` when it is another architecture
 */
export async function readBertConfig(directory: string): Promise<BertSizes> {
  const config = await readCheckpointFile(directory, "config.json", configSchema, "a sentence embedding model");
  const { hidden_size: hiddenSize, num_attention_heads: heads } = config;
  if (hiddenSize % heads !== 0) {
    throw new MediaError(
      "model.invalid",
      `The checkpoint in ${directory} cannot be used: hidden_size ${hiddenSize} does not divide into ${heads} attention heads.`,
    );
  }
  return {
    hiddenSize,
    heads,
    layers: config.num_hidden_layers,
    feedForwardSize: config.intermediate_size,
    vocabSize: config.vocab_size,
    positions: config.max_position_embeddings,
    epsilon: config.layer_norm_eps,
  };
}
