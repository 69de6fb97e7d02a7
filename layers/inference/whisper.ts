import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import { type ModelManifest, readManifest } from "../models/index.ts";
import { type MemoryBudget, speechModelCostMiB } from "./budget.ts";
import { TokenEmbeddings } from "./embeddings.ts";
import { Session, TensorMap } from "./session.ts";
import type { AudioContext, DecoderState, SpeechModel } from "./speech-model.ts";

export type WhisperLoadOptions = {
  /** Folder of a built model. */
  readonly directory: string;
  /** Threads inside one operator; default 1. */
  readonly threads?: number;
  /** Where given, the model's memory is reserved there, and the model is shared with others who load it. */
  readonly budget?: MemoryBudget;
};

/** A built Whisper in onnxruntime. */
export class WhisperModel implements SpeechModel {
  readonly manifest: ModelManifest;
  readonly #encoder: Session;
  readonly #decoder: Session;
  readonly #embeddings: TokenEmbeddings;
  readonly #close: () => Promise<void>;

  private constructor(
    manifest: ModelManifest,
    parts: { encoder: Session; decoder: Session; embeddings: TokenEmbeddings },
    close: () => Promise<void>,
  ) {
    this.manifest = manifest;
    this.#encoder = parts.encoder;
    this.#decoder = parts.decoder;
    this.#embeddings = parts.embeddings;
    this.#close = close;
  }

  /**
   * Opens a built model.
   * @throws MediaError `model.missing`, `model.invalid`, or `memory.plan_does_not_fit` before anything is loaded
   */
  static async load({ directory, threads = 1, budget }: WhisperLoadOptions): Promise<SpeechModel> {
    const manifest = await readManifest(directory);
    if (!budget) return WhisperModel.#open(directory, manifest, threads);
    const lease = await budget.reserve(directory, speechModelCostMiB(manifest), () =>
      WhisperModel.#open(directory, manifest, threads),
    );
    return leased(lease.value, () => lease[Symbol.dispose]());
  }

  static async #open(directory: string, manifest: ModelManifest, threads: number): Promise<WhisperModel> {
    await using opened = new AsyncDisposableStack();
    const encoder = opened.use(await Session.open(join(directory, "encoder.onnx"), { threads }));
    const decoder = opened.use(await Session.open(join(directory, "decoder.onnx"), { threads }));
    const embeddings = opened.use(await TokenEmbeddings.open(join(directory, "embeddings.bin"), manifest));
    const kept = opened.move();
    return new WhisperModel(manifest, { encoder, decoder, embeddings }, () => kept.disposeAsync());
  }

  async encode(mel: Float32Array, frames: number): Promise<AudioContext> {
    const { melBins, maxFrames } = this.manifest;
    if (frames < 2 || frames % 2 !== 0 || frames > maxFrames) {
      throw new RangeError(`frames must be even and from 2 to ${maxFrames}, not ${frames}`);
    }
    if (mel.length !== melBins * frames) {
      throw new RangeError(`mel must hold ${melBins} × ${frames} numbers, not ${mel.length}`);
    }
    using input = new TensorMap({ mel: this.#encoder.tensor(mel, [1, melBins, frames]) });
    return new WhisperAudio(frames, await this.#encoder.run(input.feeds));
  }

  start(audio: AudioContext): DecoderState {
    if (!(audio instanceof WhisperAudio)) throw new TypeError("the audio was not encoded by a WhisperModel");
    const { layers, heads, headDim } = this.manifest;
    const past: Record<string, Tensor> = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ["k", "v"]) {
        past[`past.${layer}.${part}`] = this.#decoder.tensor(new Float32Array(0), [1, heads, 0, headDim]);
      }
    }
    return new WhisperDecoderState(audio, new TensorMap(past));
  }

  async step(state: DecoderState, tokens: readonly number[]): Promise<Float32Array> {
    if (!(state instanceof WhisperDecoderState)) throw new TypeError("the state was not started by a WhisperModel");
    const { hiddenSize, layers, maxTargetPositions } = this.manifest;
    if (tokens.length === 0) throw new RangeError("a step takes at least one token");
    if (state.length + tokens.length > maxTargetPositions) {
      throw new RangeError(
        `${state.length} + ${tokens.length} tokens are over the decoder's ${maxTargetPositions} positions`,
      );
    }
    const embeds = await this.#embeddings.lookUp(tokens);
    using input = new TensorMap({ embeds: this.#decoder.tensor(embeds, [1, tokens.length, hiddenSize]) });
    const outputs = await this.#decoder.run({ ...input.feeds, ...state.past.feeds, ...state.audio.cross.feeds });
    const past: Record<string, Tensor> = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ["k", "v"]) past[`past.${layer}.${part}`] = outputs.get(`present.${layer}.${part}`);
    }
    state.advance(tokens.length, new TensorMap(past));
    return outputs.get("logits").data as Float32Array;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

class WhisperAudio implements AudioContext {
  readonly frames: number;
  readonly positions: number;
  /** `cross.i.k`, `cross.i.v` of every decoder layer. */
  readonly cross: TensorMap;

  constructor(frames: number, cross: TensorMap) {
    this.frames = frames;
    this.positions = frames / 2;
    this.cross = cross;
  }

  [Symbol.dispose](): void {
    this.cross[Symbol.dispose]();
  }
}

class WhisperDecoderState implements DecoderState {
  readonly audio: WhisperAudio;
  #past: TensorMap;
  #length = 0;

  constructor(audio: WhisperAudio, past: TensorMap) {
    this.audio = audio;
    this.#past = past;
  }

  get length(): number {
    return this.#length;
  }

  /** `past.i.k`, `past.i.v` of every decoder layer. */
  get past(): TensorMap {
    return this.#past;
  }

  advance(tokens: number, past: TensorMap): void {
    this.#past[Symbol.dispose]();
    this.#past = past;
    this.#length += tokens;
  }

  [Symbol.dispose](): void {
    this.#past[Symbol.dispose]();
  }
}

/** A shared model, whose disposal gives back the lease and leaves the model to the budget. */
function leased(model: WhisperModel, release: () => void): SpeechModel {
  return {
    manifest: model.manifest,
    encode: (mel, frames) => model.encode(mel, frames),
    start: (audio) => model.start(audio),
    step: (state, tokens) => model.step(state, tokens),
    async [Symbol.asyncDispose]() {
      release();
    },
  };
}
