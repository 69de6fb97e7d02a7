import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seeded } from "./seeded.ts";

/** The sizes of openai/whisper-tiny, under the names of its config.json. */
export const whisperTinyConfig = {
  model_type: "whisper",
  activation_function: "gelu",
  scale_embedding: false,
  d_model: 384,
  num_mel_bins: 80,
  vocab_size: 51865,
  max_source_positions: 1500,
  max_target_positions: 448,
  encoder_layers: 4,
  encoder_attention_heads: 6,
  encoder_ffn_dim: 1536,
  decoder_layers: 4,
  decoder_attention_heads: 6,
  decoder_ffn_dim: 1536,
  decoder_start_token_id: 50258,
  eos_token_id: 50257,
};

export type WhisperConfig = typeof whisperTinyConfig;

/** Writes a checkpoint in the hub's layout: configuration, the few tokenizer entries the builder reads, seeded weights. */
export async function writeSeededCheckpoint(
  directory: string,
  config: WhisperConfig = whisperTinyConfig,
): Promise<void> {
  const json = (name: string, value: unknown) => writeFile(join(directory, name), JSON.stringify(value));
  const end = config.eos_token_id;
  const noTimestamps = config.vocab_size - config.max_source_positions - 2;
  await json("config.json", { ...config, begin_suppress_tokens: [220, end], suppress_tokens: [1, 2] });
  await json("generation_config.json", {
    is_multilingual: true,
    lang_to_id: { "<|en|>": end + 2, "<|de|>": end + 4 },
    no_timestamps_token_id: noTimestamps,
    max_initial_timestamp_index: 1,
    alignment_heads: alignmentHeads(config),
  });
  await json("preprocessor_config.json", {
    sampling_rate: 16_000,
    hop_length: 160,
    n_samples: config.max_source_positions * 320,
    nb_max_frames: config.max_source_positions * 2,
    feature_size: config.num_mel_bins,
  });
  const names = ["translate", "transcribe", "startoflm", "startofprev", "nocaptions", "notimestamps"];
  const added_tokens = names.map((name, index) => ({
    id: noTimestamps - names.length + 1 + index,
    content: `<|${name}|>`,
  }));
  await json("tokenizer.json", { added_tokens });
  await writeSeededSafetensors(join(directory, "model.safetensors"), tensorShapes(config));
}

/** whisper-tiny's own; for another size the default of the reference, which is taken where none are named. */
function alignmentHeads({ decoder_layers, d_model }: WhisperConfig): number[][] | undefined {
  const isTiny = decoder_layers === whisperTinyConfig.decoder_layers && d_model === whisperTinyConfig.d_model;
  return isTiny
    ? [
        [2, 2],
        [3, 0],
        [3, 2],
        [3, 3],
        [3, 4],
        [3, 5],
      ]
    : undefined;
}

/** Streams float32 tensors to a safetensors file, one tensor in memory at a time. */
async function writeSeededSafetensors(path: string, shapes: ReadonlyMap<string, readonly number[]>): Promise<void> {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of shapes) {
    const start = end;
    end += 4 * shape.reduce((product, size) => product * size);
    header[name] = { dtype: "F32", shape, data_offsets: [start, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await using file = await open(path, "wx");
  await file.writeFile(length);
  await file.writeFile(text);
  for (const [name, shape] of shapes) {
    const values = seeded(
      name,
      shape.reduce((product, size) => product * size),
    );
    await file.writeFile(new Uint8Array(values.buffer));
  }
}

function tensorShapes(config: WhisperConfig): Map<string, readonly number[]> {
  const d = config.d_model;
  const shapes = new Map<string, readonly number[]>([
    ["model.encoder.conv1.weight", [d, config.num_mel_bins, 3]],
    ["model.encoder.conv1.bias", [d]],
    ["model.encoder.conv2.weight", [d, d, 3]],
    ["model.encoder.conv2.bias", [d]],
    ["model.encoder.embed_positions.weight", [config.max_source_positions, d]],
    ["model.decoder.embed_positions.weight", [config.max_target_positions, d]],
    ["model.decoder.embed_tokens.weight", [config.vocab_size, d]],
  ]);
  const linear = (name: string, outputs: number, inputs: number, bias = true) => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    if (bias) shapes.set(`${name}.bias`, [outputs]);
  };
  const norm = (name: string) => shapes.set(`${name}.weight`, [d]).set(`${name}.bias`, [d]);
  const attention = (name: string) => {
    for (const part of ["q_proj", "k_proj", "v_proj", "out_proj"]) linear(`${name}.${part}`, d, d, part !== "k_proj");
    norm(`${name}_layer_norm`);
  };
  for (const [stack, layers, feedForward, attentions] of [
    ["encoder", config.encoder_layers, config.encoder_ffn_dim, ["self_attn"]],
    ["decoder", config.decoder_layers, config.decoder_ffn_dim, ["self_attn", "encoder_attn"]],
  ] as const) {
    for (let index = 0; index < layers; index++) {
      const layer = `model.${stack}.layers.${index}`;
      for (const name of attentions) attention(`${layer}.${name}`);
      linear(`${layer}.fc1`, feedForward, d);
      linear(`${layer}.fc2`, d, feedForward);
      norm(`${layer}.final_layer_norm`);
    }
    norm(`model.${stack}.layer_norm`);
  }
  return shapes;
}
