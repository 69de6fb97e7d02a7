import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seeded } from "./seeded.ts";

type AstConfig = Record<
  | "hidden_size"
  | "num_hidden_layers"
  | "intermediate_size"
  | "patch_size"
  | "frequency_stride"
  | "time_stride"
  | "max_length"
  | "num_mel_bins",
  number
> & { id2label: Record<string, string> };

type Wav2Vec2Config = Record<
  | "hidden_size"
  | "num_hidden_layers"
  | "intermediate_size"
  | "num_conv_pos_embeddings"
  | "num_conv_pos_embedding_groups",
  number
> & { conv_dim: number[]; conv_kernel: number[] };

type VoiceConfigs = { astBase: AstConfig; xlsrSmall: Wav2Vec2Config; xlsr300m: Wav2Vec2Config };
type Shapes = Map<string, readonly number[]>;

/** One case of voice_golden.py: how much of the seeded audio, and what the published architecture makes of it. */
export type VoiceCase = { samples: number; logits: number[]; embeddingStep: number; embedding: number[] };

export type VoiceGolden = {
  fbank: { frames: number; sum: number; rows: { frame: number; values: number[] }[] };
} & Record<"astDemo" | keyof VoiceConfigs, VoiceCase[]>;

export async function readVoiceGolden(): Promise<VoiceGolden> {
  const path = new URL("../fixtures/parity/voice.json", import.meta.url);
  return JSON.parse(await readFile(path, "utf8")) as VoiceGolden;
}

/** voice_golden.py's `seeded_pcm`. */
export function seededPcm(samples: number): Float32Array {
  return seeded("voice.pcm", samples).map((value, index) => value * 4 * ((index % 4000) / 4000));
}

/** Writes one of the checkpoints of voice-configs.json in the hub's layout, with voice_golden.py's seeded weights. */
export async function writeSeededVoiceCheckpoint(directory: string, name: keyof VoiceConfigs): Promise<void> {
  const path = new URL("./voice-configs.json", import.meta.url);
  const configs = JSON.parse(await readFile(path, "utf8")) as VoiceConfigs;
  await mkdir(directory, { recursive: true });
  const json = (fileName: string, value: unknown) => writeFile(join(directory, fileName), JSON.stringify(value));
  await json("config.json", configs[name]);
  await json("preprocessor_config.json", { sampling_rate: 16_000, do_normalize: true });
  const shapes = name === "astBase" ? astShapes(configs[name]) : wav2Vec2Shapes(configs[name]);
  await writeSeededWeights(join(directory, "model.safetensors"), shapes);
}

/** Streams float32 tensors to a safetensors file, one tensor in memory at a time. */
async function writeSeededWeights(path: string, shapes: Shapes): Promise<void> {
  const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of shapes) {
    const start = end;
    end += 4 * count(shape);
    header[name] = { dtype: "F32", shape, data_offsets: [start, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await using file = await open(path, "wx");
  await file.writeFile(length);
  await file.writeFile(text);
  for (const [name, shape] of shapes) {
    const values = seeded(name, count(shape));
    // seeded() itself adds 1 to one spelling of a norm's weight.
    const before = name.endsWith("layer_norm.weight") ? 1 : 0;
    const offset = /norm[^.]*\.weight$/.test(name) ? 1 : 0;
    for (let i = 0; i < values.length; i++) values[i] = (values[i]! - before) / 4 + offset;
    await file.writeFile(new Uint8Array(values.buffer));
  }
}

function astShapes(config: AstConfig): Shapes {
  const { hidden_size: d, intermediate_size: wide, patch_size: patch } = config;
  const shapes: Shapes = new Map();
  const root = "audio_spectrogram_transformer";
  const along = (length: number, stride: number) => Math.floor((length - patch) / stride) + 1;
  const patches = along(config.num_mel_bins, config.frequency_stride) * along(config.max_length, config.time_stride);
  shapes.set(`${root}.embeddings.cls_token`, [1, 1, d]);
  shapes.set(`${root}.embeddings.distillation_token`, [1, 1, d]);
  shapes.set(`${root}.embeddings.position_embeddings`, [1, patches + 2, d]);
  pair(shapes, `${root}.embeddings.patch_embeddings.projection`, [d, 1, patch, patch]);
  for (let index = 0; index < config.num_hidden_layers; index++) {
    const layer = `${root}.encoder.layer.${index}`;
    for (const part of ["query", "key", "value"]) pair(shapes, `${layer}.attention.attention.${part}`, [d, d]);
    pair(shapes, `${layer}.attention.output.dense`, [d, d]);
    pair(shapes, `${layer}.intermediate.dense`, [wide, d]);
    pair(shapes, `${layer}.output.dense`, [d, wide]);
    for (const part of ["before", "after"]) pair(shapes, `${layer}.layernorm_${part}`, [d]);
  }
  pair(shapes, `${root}.layernorm`, [d]);
  pair(shapes, "classifier.layernorm", [d]);
  pair(shapes, "classifier.dense", [Object.keys(config.id2label).length, d]);
  return shapes;
}

function wav2Vec2Shapes(config: Wav2Vec2Config): Shapes {
  const { hidden_size: d, intermediate_size: wide, num_conv_pos_embeddings: kernel } = config;
  const shapes: Shapes = new Map();
  let channels = 1;
  for (const [index, size] of config.conv_dim.entries()) {
    const layer = `wav2vec2.feature_extractor.conv_layers.${index}`;
    pair(shapes, `${layer}.conv`, [size, channels, config.conv_kernel[index]!]);
    pair(shapes, `${layer}.layer_norm`, [size]);
    channels = size;
  }
  pair(shapes, "wav2vec2.feature_projection.layer_norm", [channels]);
  pair(shapes, "wav2vec2.feature_projection.projection", [d, channels]);
  shapes.set("wav2vec2.encoder.pos_conv_embed.conv.weight_g", [1, 1, kernel]);
  shapes.set("wav2vec2.encoder.pos_conv_embed.conv.weight_v", [d, d / config.num_conv_pos_embedding_groups, kernel]);
  shapes.set("wav2vec2.encoder.pos_conv_embed.conv.bias", [d]);
  for (let index = 0; index < config.num_hidden_layers; index++) {
    const layer = `wav2vec2.encoder.layers.${index}`;
    for (const part of ["q_proj", "k_proj", "v_proj", "out_proj"]) pair(shapes, `${layer}.attention.${part}`, [d, d]);
    pair(shapes, `${layer}.feed_forward.intermediate_dense`, [wide, d]);
    pair(shapes, `${layer}.feed_forward.output_dense`, [d, wide]);
    for (const part of ["layer_norm", "final_layer_norm"]) pair(shapes, `${layer}.${part}`, [d]);
  }
  pair(shapes, "wav2vec2.encoder.layer_norm", [d]);
  shapes.set("layer_weights", [config.num_hidden_layers + 1]);
  pair(shapes, "classifier", [1, d]);
  return shapes;
}

/** A layer's weight and its bias. */
function pair(shapes: Shapes, name: string, weight: readonly number[]): void {
  shapes.set(`${name}.weight`, weight).set(`${name}.bias`, [weight[0]!]);
}
