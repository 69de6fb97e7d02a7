import type { ModelManifest } from "../models/index.ts";

/** One encoded window: the keys and values the decoder's cross-attention reads. Dispose it when the window is done. */
export interface AudioContext extends Disposable {
  /** Mel frames that were encoded. */
  readonly frames: number;
  /** Encoder positions, `frames / 2`; one per timestamp step. */
  readonly positions: number;
}

/** One hypothesis in the making: its tokens' self-attention keys and values. Dispose it when decoding ends. */
export interface DecoderState extends Disposable {
  /** Tokens taken so far; never more than `manifest.maxTargetPositions`. */
  readonly length: number;
}

/** How the tokens of a known text lie on the audio: what `find_alignment` of the reference's timing.py takes from the model. */
export type Alignment = {
  /**
   * Cross-attention of the alignment heads before its softmax, `QKᵀ / √headDim`, `[heads, tokens, positions]` row-major.
   * Heads are in the order of `manifest.alignmentHeads`.
   */
  readonly scores: Float32Array;
  readonly heads: number;
  readonly tokens: number;
  readonly positions: number;
  /**
   * `[tokens − 1]`: entry i is P(tokens[i + 1] | tokens[0..i]) by a softmax over the ids below end-of-text, as timing.py takes
   * it; 0 where tokens[i + 1] is not below end-of-text.
   */
  readonly probabilities: Float32Array;
};

/** A Whisper-architecture recogniser: arithmetic only. Which tokens to feed and to choose is the speech layer's business. */
export interface SpeechModel extends AsyncDisposable {
  readonly manifest: ModelManifest;
  /**
   * Encodes one window.
   * @param mel log-mel features, `[melBins, frames]` row-major, normalised as the reference does
   * @param frames even, at most `manifest.maxFrames`; a short window needs no padding, and costs less
   */
  encode(mel: Float32Array, frames: number): Promise<AudioContext>;
  /**
   * The part of `audio` from one encoder position to another, as a context of its own: what is decoded over it attends to these
   * positions only. A copy, of some MB a second of audio times decoder layers; dispose it like any other.
   * @param from first position
   * @param to position after the last, above `from`
   */
  excerpt(audio: AudioContext, from: number, to: number): AudioContext;
  /** An empty hypothesis over `audio`, which must outlive it. */
  start(audio: AudioContext): DecoderState;
  /** A second hypothesis that continues from the same tokens. Nothing is copied; each of the two is disposed for itself. */
  fork(state: DecoderState): DecoderState;
  /**
   * Appends `tokens` (one or more) to the hypothesis.
   * @returns the logits after the last of them, `[vocabSize]`, the caller's to keep and to change. Logits at an earlier
   * position (the no-speech probability is read at start-of-transcript) are had by feeding the prompt in two calls.
   */
  step(state: DecoderState, tokens: readonly number[]): Promise<Float32Array>;
  /**
   * Appends one token to each of several hypotheses, in one run. Cheapest when the same list comes back in the same order;
   * otherwise (hypotheses were dropped, forked or re-ordered) their caches are gathered first.
   *
   * With int8 weights the activations of the whole batch are quantized together: the logits differ from those of single
   * steps by less than quantization itself costs, and are the same whenever the same batch is run.
   * @param states distinct hypotheses of equal length over the same audio
   * @returns the logits per hypothesis, `[vocabSize]` each, the caller's to keep and to change
   */
  stepBatch(states: readonly DecoderState[], tokens: readonly number[]): Promise<Float32Array[]>;
  /**
   * Feeds a known text, at most `manifest.maxTargetPositions` tokens, and reports where in the audio its tokens were looked for.
   * @throws MediaError `model.invalid` where the checkpoint has no alignment heads
   */
  align(audio: AudioContext, tokens: readonly number[]): Promise<Alignment>;
}
