import { z } from "zod";
import { MediaError } from "../../core/index.ts";
import type { Described } from "../built-model.ts";
import type { ModelManifest } from "../manifest.ts";
import { readCheckpointFile } from "../model-file.ts";

const size = z.int().positive();
const ids = z.array(z.int().nonnegative());

/** The part of config.json that shapes the graphs. Fields outside the architecture as published are refused, not guessed. */
const configSchema = z.object({
  model_type: z.literal("whisper"),
  activation_function: z.literal("gelu"),
  scale_embedding: z.literal(false).optional(),
  d_model: size,
  num_mel_bins: size,
  vocab_size: size,
  max_source_positions: size,
  max_target_positions: size,
  encoder_layers: size,
  encoder_attention_heads: size,
  encoder_ffn_dim: size,
  decoder_layers: size,
  decoder_attention_heads: size,
  decoder_ffn_dim: size,
  decoder_start_token_id: z.int().nonnegative(),
  eos_token_id: z.int().nonnegative(),
  suppress_tokens: ids.nullish(),
  begin_suppress_tokens: ids.nullish(),
});

const generationSchema = z.object({
  is_multilingual: z.boolean().optional(),
  lang_to_id: z.record(z.string(), z.int().nonnegative()).optional(),
  no_timestamps_token_id: z.int().nonnegative().optional(),
  max_initial_timestamp_index: z.int().nonnegative().nullish(),
  alignment_heads: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])).nullish(),
  suppress_tokens: ids.nullish(),
  begin_suppress_tokens: ids.nullish(),
});

const preprocessorSchema = z.object({
  sampling_rate: size,
  hop_length: size,
  n_samples: size,
  nb_max_frames: size,
  feature_size: size,
});

const tokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: z.int().nonnegative(), content: z.string() })),
});

/** The sizes of one Whisper, under the names of the published architecture. */
export type WhisperSizes = {
  readonly hiddenSize: number;
  readonly melBins: number;
  readonly vocabSize: number;
  readonly maxSourcePositions: number;
  readonly maxTargetPositions: number;
  readonly encoder: StackSizes;
  readonly decoder: StackSizes;
};

export type StackSizes = { readonly layers: number; readonly heads: number; readonly feedForwardSize: number };

/** `embeddingsDtype` follows from the weights. */
export type WhisperDescription = Omit<Described<ModelManifest>, "embeddingsDtype">;

/** The configuration files a Whisper checkpoint must have beside its weights. */
export const configFileNames = ["config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json"];

/**
 * Reads sizes, token ids and decoding limits from a checkpoint in the hub's layout.
 * @throws MediaError `model.missing` when a file is absent, `model.invalid` when files contradict each other or the architecture.
 */
export async function readWhisperConfig(
  directory: string,
): Promise<{ sizes: WhisperSizes; description: WhisperDescription }> {
  const config = await readJson(directory, "config.json", configSchema);
  const generation = await readJson(directory, "generation_config.json", generationSchema);
  const preprocessor = await readJson(directory, "preprocessor_config.json", preprocessorSchema);
  const tokenizer = await readJson(directory, "tokenizer.json", tokenizerSchema);

  const fail = (reason: string): never => {
    throw new MediaError("model.invalid", `The checkpoint in ${directory} cannot be used: ${reason}.`);
  };
  for (const heads of [config.encoder_attention_heads, config.decoder_attention_heads]) {
    if (config.d_model % heads !== 0) fail(`d_model ${config.d_model} does not divide into ${heads} attention heads`);
  }
  // The second convolution has stride 2: two mel frames to a position.
  if (preprocessor.nb_max_frames !== 2 * config.max_source_positions) {
    fail(
      `nb_max_frames ${preprocessor.nb_max_frames} is not twice max_source_positions ${config.max_source_positions}`,
    );
  }
  if (preprocessor.feature_size !== config.num_mel_bins) {
    fail(`the preprocessor makes ${preprocessor.feature_size} mel bins, the encoder takes ${config.num_mel_bins}`);
  }

  const added = new Map(tokenizer.added_tokens.map(({ id, content }) => [content, id]));
  const token = (...names: string[]): number => {
    const name = names.find((candidate) => added.has(candidate));
    return name === undefined ? fail(`tokenizer.json has no token ${names.join(" or ")}`) : added.get(name)!;
  };
  const isMultilingual = generation.is_multilingual ?? generation.lang_to_id !== undefined;
  const windowMs = Math.round((preprocessor.n_samples / preprocessor.sampling_rate) * 1000);
  const timestampStepMs = windowMs / config.max_source_positions;
  const noTimestamps = generation.no_timestamps_token_id ?? token("<|notimestamps|>");
  const startOfLm = added.get("<|startoflm|>");
  const maxInitialTimestampIndex = generation.max_initial_timestamp_index;
  return {
    sizes: {
      hiddenSize: config.d_model,
      melBins: config.num_mel_bins,
      vocabSize: config.vocab_size,
      maxSourcePositions: config.max_source_positions,
      maxTargetPositions: config.max_target_positions,
      encoder: {
        layers: config.encoder_layers,
        heads: config.encoder_attention_heads,
        feedForwardSize: config.encoder_ffn_dim,
      },
      decoder: {
        layers: config.decoder_layers,
        heads: config.decoder_attention_heads,
        feedForwardSize: config.decoder_ffn_dim,
      },
    },
    description: {
      architecture: "whisper",
      sampleRateHz: preprocessor.sampling_rate,
      windowMs,
      hopMs: (preprocessor.hop_length / preprocessor.sampling_rate) * 1000,
      melBins: config.num_mel_bins,
      maxFrames: preprocessor.nb_max_frames,
      hiddenSize: config.d_model,
      encoderLayers: config.encoder_layers,
      layers: config.decoder_layers,
      heads: config.decoder_attention_heads,
      headDim: config.d_model / config.decoder_attention_heads,
      vocabSize: config.vocab_size,
      maxTargetPositions: config.max_target_positions,
      tokens: {
        startOfTranscript: config.decoder_start_token_id,
        endOfText: config.eos_token_id,
        transcribe: token("<|transcribe|>"),
        translate: token("<|translate|>"),
        // The token's first name, which the published tokenizers still carry, was nocaptions.
        noSpeech: token("<|nospeech|>", "<|nocaptions|>"),
        noTimestamps,
        startOfPrev: token("<|startofprev|>"),
        ...(startOfLm === undefined ? {} : { startOfLm }),
        firstTimestamp: noTimestamps + 1,
        // 0.00 s up to and including the window's end, as far as the vocabulary goes.
        timestampCount: Math.min(config.max_source_positions + 1, config.vocab_size - noTimestamps - 1),
        timestampStepMs,
        languages: isMultilingual ? languageCodes(generation.lang_to_id ?? {}) : {},
      },
      suppressTokens: generation.suppress_tokens ?? config.suppress_tokens ?? [],
      beginSuppressTokens: generation.begin_suppress_tokens ?? config.begin_suppress_tokens ?? [],
      ...(maxInitialTimestampIndex == null ? {} : { maxInitialTimestampIndex }),
      alignmentHeads: alignmentHeads(generation.alignment_heads, config, fail),
      isMultilingual,
    },
  };
}

/**
 * In the order of layers, then heads. Where the checkpoint names none, all heads of the upper half of the decoder's layers, as
 * in the reference (`Whisper.__init__` of whisper/model.py); an empty list means that there are none.
 */
function alignmentHeads(
  named: readonly [number, number][] | null | undefined,
  config: z.infer<typeof configSchema>,
  fail: (reason: string) => never,
): [layer: number, head: number][] {
  const { decoder_layers: layers, decoder_attention_heads: heads } = config;
  if (!named) {
    const first = Math.floor(layers / 2);
    return Array.from({ length: (layers - first) * heads }, (_, index) => [
      first + Math.floor(index / heads),
      index % heads,
    ]);
  }
  const outside = named.find(([layer, head]) => layer >= layers || head >= heads);
  if (outside) fail(`the alignment head [${outside}] is outside its ${layers} layers of ${heads} heads`);
  return [...named].sort(([a, x], [b, y]) => a - b || x - y);
}

function languageCodes(languageTokens: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(languageTokens).map(([content, id]) => [content.replace(/^<\|(.+)\|>$/, "$1"), id]),
  );
}

function readJson<T>(directory: string, fileName: string, schema: z.ZodType<T>): Promise<T> {
  return readCheckpointFile(directory, fileName, schema, "a Whisper");
}
