import type { WhisperDescription, WhisperSizes } from "./config.ts";
import { writeDecoderLayers, writeLogits } from "./decoder-layers.ts";
import type { WhisperLayers } from "./layers.ts";

/**
 * The decoder over a text that is known, for word timestamps (`find_alignment` of whisper/timing.py): instead of logits it
 * gives what alignment needs of them. It takes the text in pieces on the cache of the pieces before, so that the logits of a
 * few tokens exist at a time. Its weights are the decoder's.
 *
 * Inputs and caches as in `writeDecoderLayers` with batch 1, and `targets` [tokens, 1], the id that follows each token →
 * `scores` [1, alignment heads, tokens, positions], the cross-attention `QKᵀ / √headDim` before its softmax, and
 * `probabilities` [tokens, 1], those of the targets by a softmax over the ids below end-of-text.
 */
export async function writeScoring(
  layers: WhisperLayers,
  sizes: WhisperSizes,
  { alignmentHeads, tokens }: Pick<WhisperDescription, "alignmentHeads" | "tokens">,
): Promise<void> {
  const { graph } = layers;
  const targets = graph.input("targets", ["tokens", 1], "int64");
  graph.output("scores", [1, alignmentHeads.length, "tokens", "positions"]);
  graph.output("probabilities", ["tokens", 1]);

  const scores: string[] = [];
  const x = await writeDecoderLayers(layers, sizes, (layer, queries) => {
    const heads = alignmentHeads.filter(([of]) => of === layer).map(([, head]) => head);
    if (heads.length > 0) scores.push(headScores(layers, sizes, layer, queries, heads));
  });
  graph.node("Concat", scores, { attributes: { axis: 1 }, outputs: ["scores"] });

  const logits = await writeLogits(layers, x, sizes);
  const text = [graph.integers(0), graph.integers(tokens.endOfText), graph.integers(1)];
  const softmax = graph.node("Softmax", [graph.node("Slice", [logits, ...text])], { attributes: { axis: -1 } });
  graph.node("GatherElements", [softmax, targets], { attributes: { axis: 1 }, outputs: ["probabilities"] });
}

/** `[1, heads.length, tokens, positions]` of one layer. */
function headScores(
  layers: WhisperLayers,
  { hiddenSize, decoder }: WhisperSizes,
  layer: number,
  queries: string,
  heads: readonly number[],
): string {
  const { graph } = layers;
  const headDim = hiddenSize / decoder.heads;
  const indices = graph.integers(...heads);
  const split = layers.splitHeads(queries, decoder.heads, headDim);
  const q = graph.node("Gather", [split, indices], { attributes: { axis: 1 } });
  const k = graph.node("Gather", [`cross.${layer}.k`, indices], { attributes: { axis: 1 } });
  const scaled = graph.node("Mul", [q, graph.scalar(1 / Math.sqrt(headDim))]);
  return graph.node("MatMul", [scaled, graph.node("Transpose", [k], { attributes: { perm: [0, 1, 3, 2] } })]);
}
