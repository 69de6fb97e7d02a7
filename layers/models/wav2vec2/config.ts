import { z } from "zod";
import { MediaError } from "../../core/index.ts";
import type { Described } from "../built-model.ts";
import { readConfigFile } from "../voice-config.ts";
import type { Wav2Vec2Manifest } from "../voice-manifest.ts";

const size = z.int().positive();

/**
 * The part of config.json that shapes the graph: the variant of XLS-R and of the large wav2vec 2.0 models, with layer norms
 * in the convolutions and before each layer's blocks. Other variants are refused, not guessed.
 */
const configSchema = z.object({
  model_type: z.literal("wav2vec2"),
  feat_extract_norm: z.literal("layer"),
  do_stable_layer_norm: z.literal(true),
  conv_bias: z.literal(true),
  hidden_act: z.literal("gelu").optional(),
  feat_extract_activation: z.literal("gelu").optional(),
  add_adapter: z.literal(false).optional(),
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  intermediate_size: size,
  layer_norm_eps: z.number().positive().default(1e-5),
  conv_dim: z.array(size).min(1),
  conv_kernel: z.array(size).min(1),
  conv_stride: z.array(size).min(1),
  num_conv_pos_embeddings: size,
  num_conv_pos_embedding_groups: size,
});

const preprocessorSchema = z.object({
  sampling_rate: z.literal(16_000),
  do_normalize: z.boolean().default(true),
});

export type ConvolutionSizes = { readonly size: number; readonly kernel: number; readonly stride: number };

export type Wav2Vec2Sizes = {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForwardSize: number;
  readonly epsilon: number;
  readonly convolutions: readonly ConvolutionSizes[];
  readonly positionKernel: number;
  readonly positionGroups: number;
};

export type Wav2Vec2Description = Described<Wav2Vec2Manifest>;

export const wav2Vec2ConfigFileNames = ["config.json", "preprocessor_config.json"];

/** What the published detector on XLS-R takes at once. */
const windowMs = 4_000;

/**
 * Reads sizes and input format of a wav2vec 2.0 encoder from its checkpoint's files.
 * @throws MediaError `model.missing` when a file is absent, `model.invalid` when it is another architecture
 */
export async function readWav2Vec2Config(
  directory: string,
): Promise<{ sizes: Wav2Vec2Sizes; description: Wav2Vec2Description }> {
  const sizes = await readWav2Vec2Sizes(directory);
  const { hiddenSize, layers, heads, feedForwardSize, convolutions } = sizes;
  const features = await readConfigFile(directory, "preprocessor_config.json", preprocessorSchema);
  return {
    sizes,
    description: {
      ...{ hiddenSize, layers, heads, feedForwardSize },
      architecture: "wav2vec2",
      sampleRateHz: features.sampling_rate,
      windowMs,
      labels: ["spoof"],
      spoofLabels: [0],
      normalizeWaveform: features.do_normalize,
      minSamples: convolutions.reduceRight((samples, { kernel, stride }) => (samples - 1) * stride + kernel, 1),
      convSize: Math.max(...convolutions.map(({ size }) => size)),
    },
  };
}

/** The sizes alone, from config.json. @throws MediaError as `readWav2Vec2Config` */
export async function readWav2Vec2Sizes(directory: string): Promise<Wav2Vec2Sizes> {
  const config = await readConfigFile(directory, "config.json", configSchema);
  const fail = (reason: string): never => {
    throw new MediaError("model.invalid", `The checkpoint in ${directory} cannot be used: ${reason}.`);
  };
  const { conv_dim, conv_kernel, conv_stride, hidden_size } = config;
  if (conv_kernel.length !== conv_dim.length || conv_stride.length !== conv_dim.length) {
    fail("conv_dim, conv_kernel and conv_stride have different lengths");
  }
  if (hidden_size % config.num_attention_heads !== 0) {
    fail(`hidden_size ${hidden_size} does not divide into ${config.num_attention_heads} attention heads`);
  }
  if (hidden_size % config.num_conv_pos_embedding_groups !== 0) {
    fail(`hidden_size ${hidden_size} does not divide into ${config.num_conv_pos_embedding_groups} groups`);
  }
  const convolutions = conv_dim.map((size, index) => ({
    size,
    kernel: conv_kernel[index]!,
    stride: conv_stride[index]!,
  }));
  return {
    hiddenSize: hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    feedForwardSize: config.intermediate_size,
    epsilon: config.layer_norm_eps,
    convolutions,
    positionKernel: config.num_conv_pos_embeddings,
    positionGroups: config.num_conv_pos_embedding_groups,
  };
}
