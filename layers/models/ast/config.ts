import { z } from "zod";
import { MediaError } from "../../core/index.ts";
import type { Described } from "../built-model.ts";
import { readConfigFile, readLabels } from "../voice-config.ts";
import type { AstManifest } from "../voice-manifest.ts";

const size = z.int().positive();

/** The part of config.json that shapes the graph. Fields outside the architecture as published are refused, not guessed. */
const configSchema = z.object({
  model_type: z.literal("audio-spectrogram-transformer"),
  hidden_act: z.literal("gelu").optional(),
  qkv_bias: z.literal(true).optional(),
  hidden_size: size.default(768),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(12),
  intermediate_size: size.default(3072),
  layer_norm_eps: z.number().positive().default(1e-12),
  patch_size: size.default(16),
  frequency_stride: size.default(10),
  time_stride: size.default(10),
  max_length: size.default(1024),
  num_mel_bins: size.default(128),
  id2label: z.record(z.string(), z.string()),
});

const preprocessorSchema = z.object({
  feature_extractor_type: z.literal("ASTFeatureExtractor").optional(),
  sampling_rate: z.literal(16_000).default(16_000),
  num_mel_bins: size.default(128),
  max_length: size.default(1024),
  do_normalize: z.boolean().default(true),
  mean: z.number().default(-4.2677393),
  std: z.number().positive().default(4.5689974),
});

export type AstSizes = {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForwardSize: number;
  readonly epsilon: number;
  readonly patchSize: number;
  readonly frequencyStride: number;
  readonly timeStride: number;
  readonly melBins: number;
  readonly maxFrames: number;
  readonly patches: number;
  readonly labels: number;
};

export type AstDescription = Described<AstManifest>;

export const astConfigFileNames = ["config.json", "preprocessor_config.json"];

/**
 * Reads sizes, features and labels of an ASTForAudioClassification checkpoint in the hub's layout; what config.json leaves
 * out has the defaults of the published `ASTConfig`.
 * @throws MediaError `model.missing` when a file is absent, `model.invalid` when files contradict each other
 */
export async function readAstConfig(directory: string): Promise<{ sizes: AstSizes; description: AstDescription }> {
  const config = await readConfigFile(directory, "config.json", configSchema);
  const features = await readConfigFile(directory, "preprocessor_config.json", preprocessorSchema);
  const fail = (reason: string): never => {
    throw new MediaError("model.invalid", `The checkpoint in ${directory} cannot be used: ${reason}.`);
  };
  if (config.hidden_size % config.num_attention_heads !== 0) {
    fail(`hidden_size ${config.hidden_size} does not divide into ${config.num_attention_heads} attention heads`);
  }
  if (features.num_mel_bins !== config.num_mel_bins || features.max_length !== config.max_length) {
    fail(
      `the preprocessor makes ${features.max_length} × ${features.num_mel_bins} features, ` +
        `the model takes ${config.max_length} × ${config.num_mel_bins}`,
    );
  }
  if (config.patch_size > Math.min(config.num_mel_bins, config.max_length)) {
    fail(`a patch of ${config.patch_size} is larger than the features`);
  }
  const along = (length: number, stride: number) => Math.floor((length - config.patch_size) / stride) + 1;
  const patches = along(config.num_mel_bins, config.frequency_stride) * along(config.max_length, config.time_stride);
  const { labels, spoofLabels } = readLabels(directory, config.id2label);
  const shared = {
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    feedForwardSize: config.intermediate_size,
    melBins: config.num_mel_bins,
    maxFrames: config.max_length,
    patches,
  };
  return {
    sizes: {
      ...shared,
      epsilon: config.layer_norm_eps,
      patchSize: config.patch_size,
      frequencyStride: config.frequency_stride,
      timeStride: config.time_stride,
      labels: labels.length,
    },
    description: {
      ...shared,
      architecture: "ast",
      sampleRateHz: features.sampling_rate,
      // One frame every 10 ms.
      windowMs: config.max_length * 10,
      labels,
      spoofLabels,
      featureMean: features.mean,
      featureStd: features.std,
      normalizeFeatures: features.do_normalize,
    },
  };
}
