import type { Wav2Vec2Sizes } from "./config.ts";

/** The head's weights under names of our own: checkpoints call them as they like. */
export const headNames = {
  layerWeights: "head.layer_weights",
  weight: "head.weight",
  bias: "head.bias",
} as const;

/** Every checkpoint of a wav2vec 2.0 in the hub's naming has this weight; what stands before it is the encoder's prefix. */
const landmark = "feature_extractor.conv_layers.0.conv.weight";

/** Parts of pre-training and of training that are no part of a detector. */
const ignored = /(^|\.)(masked_spec_embed|num_batches_tracked|quantizer\..*|project_hid\..*|project_q\..*)$/;

/** How torch names the weight norm's parts since 2.0. */
const aliases: Readonly<Record<string, string>> = {
  "encoder.pos_conv_embed.conv.parametrizations.weight.original0": "encoder.pos_conv_embed.conv.weight_g",
  "encoder.pos_conv_embed.conv.parametrizations.weight.original1": "encoder.pos_conv_embed.conv.weight_v",
};

export type NamedShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** Canonical name → name in the file. */
export type KeyMap = {
  readonly found: ReadonlyMap<string, string>;
  /** Names that stand for nothing in a detector. */
  readonly unexpected: readonly string[];
};

/**
 * Maps the weights of a detector's file to canonical names, those of `Wav2Vec2Model` and of `headNames`:
 * - The encoder's weights have the hub's names, behind any one prefix (`wav2vec2.`, `backbone.`, `model.ssl.` …).
 *   They may be missing altogether: a detector on a frozen encoder saves its head only.
 * - The head is known by its shapes, among what is outside the prefix: one weight for each of the `layers + 1` hidden states,
 *   one row `[1, hiddenSize]`, and its bias of one number.
 */
export function mapDetectorKeys(tensors: NamedShapes, sizes: Wav2Vec2Sizes): KeyMap {
  const { found, rest } = mapEncoderKeys(tensors);
  const head = new Map<string, string[]>();
  for (const name of rest) {
    const part = headPart(tensors.get(name)!.shape, sizes);
    head.set(part ?? "", [...(head.get(part ?? "") ?? []), name]);
  }
  for (const part of Object.values(headNames)) {
    const names = head.get(part) ?? [];
    if (names.length === 1) found.set(part, names[0]!);
  }
  const taken = new Set(found.values());
  return { found, unexpected: rest.filter((name) => !taken.has(name)) };
}

/** The encoder's weights by canonical name, and all other names but those that are known to be of no use. */
export function mapEncoderKeys(tensors: NamedShapes): { found: Map<string, string>; rest: string[] } {
  const first = [...tensors.keys()].find((name) => name === landmark || name.endsWith(`.${landmark}`));
  const found = new Map<string, string>();
  const rest: string[] = [];
  const prefix = first?.slice(0, -landmark.length);
  for (const name of tensors.keys()) {
    if (ignored.test(name)) continue;
    const own = prefix !== undefined && name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
    if (own !== undefined && /^(feature_extractor|feature_projection|encoder)\./.test(own)) {
      found.set(aliases[own] ?? own, name);
    } else rest.push(name);
  }
  return { found, rest };
}

function headPart(shape: readonly number[], { layers, hiddenSize }: Wav2Vec2Sizes): string | undefined {
  const elements = shape.reduce((product, size) => product * size, 1);
  const last = shape.at(-1) ?? 1;
  if (shape.length === 2 && shape[0] === 1 && last === hiddenSize) return headNames.weight;
  if (elements === 1) return headNames.bias;
  if (elements === layers + 1 && shape.some((size) => size === elements)) return headNames.layerWeights;
  return undefined;
}

/** Every weight that the graph needs, with its canonical shape. */
export function requiredShapes(sizes: Wav2Vec2Sizes): Map<string, readonly number[]> {
  const { hiddenSize, feedForwardSize, layers, convolutions, positionKernel, positionGroups } = sizes;
  const shapes = new Map<string, readonly number[]>();
  const pair = (name: string, weight: readonly number[], bias: number) => {
    shapes.set(`${name}.weight`, weight).set(`${name}.bias`, [bias]);
  };
  let channels = 1;
  for (const [index, { size, kernel }] of convolutions.entries()) {
    pair(`feature_extractor.conv_layers.${index}.conv`, [size, channels, kernel], size);
    pair(`feature_extractor.conv_layers.${index}.layer_norm`, [size], size);
    channels = size;
  }
  pair("feature_projection.layer_norm", [channels], channels);
  pair("feature_projection.projection", [hiddenSize, channels], hiddenSize);
  shapes.set("encoder.pos_conv_embed.conv.weight_g", [1, 1, positionKernel]);
  shapes.set("encoder.pos_conv_embed.conv.weight_v", [hiddenSize, hiddenSize / positionGroups, positionKernel]);
  shapes.set("encoder.pos_conv_embed.conv.bias", [hiddenSize]);
  for (let index = 0; index < layers; index++) {
    const layer = `encoder.layers.${index}`;
    for (const part of ["q_proj", "k_proj", "v_proj", "out_proj"]) {
      pair(`${layer}.attention.${part}`, [hiddenSize, hiddenSize], hiddenSize);
    }
    pair(`${layer}.layer_norm`, [hiddenSize], hiddenSize);
    pair(`${layer}.feed_forward.intermediate_dense`, [feedForwardSize, hiddenSize], feedForwardSize);
    pair(`${layer}.feed_forward.output_dense`, [hiddenSize, feedForwardSize], hiddenSize);
    pair(`${layer}.final_layer_norm`, [hiddenSize], hiddenSize);
  }
  pair("encoder.layer_norm", [hiddenSize], hiddenSize);
  shapes.set(headNames.layerWeights, [layers + 1]);
  shapes.set(headNames.weight, [1, hiddenSize]);
  shapes.set(headNames.bias, [1]);
  return shapes;
}
