import type { WhisperSizes } from "./config.ts";
import { writeDecoderLayers, writeLogits } from "./decoder-layers.ts";
import type { WhisperLayers } from "./layers.ts";

/**
 * One step of decoding, for one token or a whole prompt, for one hypothesis or a batch of them. Only the last position is
 * projected to logits: the product with the vocabulary is most of a step's work. Whoever needs logits at an earlier position
 * (no-speech is read at start-of-transcript) feeds the prompt in two runs.
 *
 * Inputs and caches as in `writeDecoderLayers`; → `logits` [batch, 1, vocabSize].
 */
export async function writeDecoder(layers: WhisperLayers, sizes: WhisperSizes): Promise<void> {
  const { graph } = layers;
  graph.output("logits", ["batch", 1, sizes.vocabSize]);
  const x = await writeDecoderLayers(layers, sizes);
  const last = graph.node("Slice", [x, graph.integers(-1), graph.integers(2 ** 31), graph.integers(1)]);
  const logits = await writeLogits(layers, last, sizes);
  graph.node("Reshape", [logits, graph.integers(-1, 1, sizes.vocabSize)], { outputs: ["logits"] });
}
