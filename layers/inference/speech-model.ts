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

/** A Whisper-architecture recogniser: arithmetic only. Which tokens to feed and to choose is the speech layer's business. */
export interface SpeechModel extends AsyncDisposable {
  readonly manifest: ModelManifest;
  /**
   * Encodes one window.
   * @param mel log-mel features, `[melBins, frames]` row-major, normalised as the reference does
   * @param frames even, at most `manifest.maxFrames`; a short window needs no padding, and costs less
   */
  encode(mel: Float32Array, frames: number): Promise<AudioContext>;
  /** An empty hypothesis over `audio`, which must outlive it. */
  start(audio: AudioContext): DecoderState;
  /**
   * Appends `tokens` (one or more) to the hypothesis.
   * @returns the logits after the last of them, `[vocabSize]`, the caller's to keep and to change. Logits at an earlier
   * position (the no-speech probability is read at start-of-transcript) are had by feeding the prompt in two calls.
   */
  step(state: DecoderState, tokens: readonly number[]): Promise<Float32Array>;
}
