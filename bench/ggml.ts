import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { melFilters, sampleRateHz } from "../layers/audio/index.ts";
import { SafetensorsFile } from "../layers/models/safetensors.ts";

const magic = 0x67676d6c;
const types = { float32: 0, float16: 1 } as const;
const fftSize = 400;

/** Names of the checkpoint's parts, and whisper.cpp's for them. */
const renamed: readonly [RegExp, string][] = [
  [/^model\./, ""],
  [/\.layers\./, ".blocks."],
  [/\.self_attn_layer_norm\./, ".attn_ln."],
  [/\.encoder_attn_layer_norm\./, ".cross_attn_ln."],
  [/\.final_layer_norm\./, ".mlp_ln."],
  [/\.self_attn\./, ".attn."],
  [/\.encoder_attn\./, ".cross_attn."],
  [/\.k_proj\./, ".key."],
  [/\.q_proj\./, ".query."],
  [/\.v_proj\./, ".value."],
  [/\.out_proj\./, ".out."],
  [/\.fc1\./, ".mlp.0."],
  [/\.fc2\./, ".mlp.2."],
  [/^encoder\.layer_norm\./, "encoder.ln_post."],
  [/^decoder\.layer_norm\./, "decoder.ln."],
  [/\.embed_positions\.weight$/, ".positional_embedding"],
  [/\.embed_tokens\.weight$/, ".token_embedding.weight"],
];

/**
 * Writes a checkpoint of float32 as whisper.cpp reads it: matrices as float16, the rest as float32. The order of everything is that of
 * `whisper_model_load` in whisper.cpp's src/whisper.cpp, the names are those of its models/convert-h5-to-ggml.py. Tokens have no text: nothing is
 * to be read of what seeded weights say.
 */
export async function writeGgml(checkpoint: string, path: string): Promise<void> {
  const config = JSON.parse(await readFile(join(checkpoint, "config.json"), "utf8")) as Record<string, number>;
  await using weights = await SafetensorsFile.open(join(checkpoint, "model.safetensors"));
  const file = createWriteStream(path);
  const write = async (data: NodeJS.ArrayBufferView) => {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (!file.write(bytes)) await new Promise<void>((resolve) => file.once("drain", resolve));
  };
  const integers = (...values: (number | undefined)[]) => write(Int32Array.from(values, (value) => value ?? 0));

  await integers(magic, config.vocab_size, config.max_source_positions);
  await integers(config.d_model, config.encoder_attention_heads, config.encoder_layers);
  await integers(config.max_target_positions);
  await integers(config.d_model, config.decoder_attention_heads, config.decoder_layers);
  await integers(config.num_mel_bins, types.float16);
  const bins = config.num_mel_bins ?? 0;
  await integers(bins, fftSize / 2 + 1);
  await write(melFilters(bins, fftSize, sampleRateHz));
  await integers(0);

  for (const tensor of weights.tensors.values()) {
    // The output shares the embedding's matrix.
    if (tensor.name === "proj_out.weight") continue;
    const name = renamed.reduce((text, [pattern, to]) => text.replace(pattern, to), tensor.name);
    const values = new Float32Array((await weights.readBytes(tensor)).buffer);
    const isConvolutionBias = /conv\d\.bias$/.test(name);
    const shape = isConvolutionBias ? [...tensor.shape, 1] : tensor.shape;
    const type = tensor.shape.length < 2 || name.endsWith("positional_embedding") ? "float32" : "float16";
    await integers(shape.length, Buffer.byteLength(name), types[type], ...shape.toReversed());
    await write(Buffer.from(name));
    await write(type === "float32" ? values : new Float16Array(values));
  }
  file.end();
  await finished(file);
}
