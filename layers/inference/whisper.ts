import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import { MediaError } from "../core/index.ts";
import { bestWeightBytes, type ModelManifest, readManifest } from "../models/index.ts";
import type { MemoryBudget } from "./budget.ts";
import { TokenEmbeddings } from "./embeddings.ts";
import { Hypothesis, WhisperAudio } from "./hypothesis.ts";
import { KeyValueCache } from "./key-value-cache.ts";
import { speechModelCost } from "./model-cost.ts";
import { processTier } from "./process-budget.ts";
import { Scorer } from "./scorer.ts";
import { Session, TensorMap } from "./session.ts";
import type { Alignment, AudioContext, DecoderState, SpeechModel } from "./speech-model.ts";

export type WhisperLoadOptions = {
  /** Folder of a built model. */
  readonly directory: string;
  /** Threads inside one operator; by default those of the allocation's tier. */
  readonly threads?: number;
  /** Whether the encoder keeps its activations' memory, see `SessionOptions`; by default as the allocation's tier says. */
  readonly arena?: boolean;
  /** Where given, the model's memory is reserved there, and the model is shared with others who load it. */
  readonly budget?: MemoryBudget;
};

/** Signed weight bytes saturate on a processor that cannot sum byte products: wrong text, and no error anywhere. */
function requireKernel(manifest: ModelManifest, directory: string): void {
  if (manifest.weightBytes !== "signed" || bestWeightBytes() === "signed") return;
  throw new MediaError(
    "model.invalid",
    `The model in ${directory} was built for another kind of processor. Build it on this one: halfgig models build ${manifest.id}.`,
  );
}

/** A built Whisper in onnxruntime. */
export class WhisperModel implements SpeechModel {
  readonly manifest: ModelManifest;
  readonly #encoder: Session;
  readonly #decoder: Session;
  readonly #embeddings: TokenEmbeddings;
  readonly #scorer: Scorer;
  readonly #close: () => Promise<void>;

  private constructor(
    manifest: ModelManifest,
    parts: { encoder: Session; decoder: Session; embeddings: TokenEmbeddings; scorer: Scorer },
    close: () => Promise<void>,
  ) {
    this.manifest = manifest;
    this.#encoder = parts.encoder;
    this.#decoder = parts.decoder;
    this.#embeddings = parts.embeddings;
    this.#scorer = parts.scorer;
    this.#close = close;
  }

  /**
   * Opens a built model.
   * @throws MediaError `model.missing`, `model.invalid`, or `memory.plan_does_not_fit` before anything is loaded
   */
  static async load({ directory, budget, ...options }: WhisperLoadOptions): Promise<SpeechModel> {
    const manifest = await readManifest(directory);
    requireKernel(manifest, directory);
    const { threads, arena } = { ...processTier(), ...options };
    const open = () => WhisperModel.#open(directory, manifest, threads, arena);
    if (!budget) return open();
    const lease = await budget.reserve(directory, speechModelCost(manifest, { arena }), open);
    return leased(lease.value, () => lease[Symbol.dispose]());
  }

  static async #open(
    directory: string,
    manifest: ModelManifest,
    threads: number,
    arena: boolean,
  ): Promise<WhisperModel> {
    await using opened = new AsyncDisposableStack();
    const encoder = opened.use(await Session.open(join(directory, "encoder.onnx"), { threads, arena }));
    const decoder = opened.use(await Session.open(join(directory, "decoder.onnx"), { threads }));
    const embeddings = opened.use(await TokenEmbeddings.open(join(directory, "embeddings.bin"), manifest));
    const scorer = opened.use(new Scorer(directory, manifest, embeddings, threads));
    const kept = opened.move();
    return new WhisperModel(manifest, { encoder, decoder, embeddings, scorer }, () => kept.disposeAsync());
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

  excerpt(audio: AudioContext, from: number, to: number): AudioContext {
    const { cross, positions } = encoded(audio);
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= positions)) {
      throw new RangeError(`an excerpt lies within positions 0 to ${positions}, not from ${from} to ${to}`);
    }
    const { layers, heads, headDim } = this.manifest;
    const tensors: Record<string, Tensor> = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const name of [`cross.${layer}.k`, `cross.${layer}.v`]) {
        const whole = cross.get(name).data as Float32Array;
        const part = new Float32Array(heads * (to - from) * headDim);
        for (let head = 0; head < heads; head++) {
          const at = head * positions * headDim;
          part.set(whole.subarray(at + from * headDim, at + to * headDim), head * (to - from) * headDim);
        }
        tensors[name] = this.#decoder.tensor(part, [1, heads, to - from, headDim]);
      }
    }
    return new WhisperAudio((to - from) * 2, new TensorMap(tensors, { ownsMemory: true }));
  }

  start(audio: AudioContext): DecoderState {
    return new Hypothesis(encoded(audio), KeyValueCache.empty(this.#decoder, this.manifest));
  }

  fork(state: DecoderState): DecoderState {
    return started(state).fork();
  }

  async step(state: DecoderState, tokens: readonly number[]): Promise<Float32Array> {
    if (tokens.length === 0) throw new RangeError("a step takes at least one token");
    const [logits] = await this.#advance([started(state)], tokens);
    return logits!;
  }

  async stepBatch(states: readonly DecoderState[], tokens: readonly number[]): Promise<Float32Array[]> {
    const hypotheses = states.map(started);
    const [first] = hypotheses;
    if (!first || tokens.length !== states.length) {
      throw new RangeError(`a batch takes one token for each hypothesis, not ${tokens.length} for ${states.length}`);
    }
    if (new Set(hypotheses).size < states.length) throw new RangeError("a hypothesis is in the batch twice");
    if (hypotheses.some(({ audio, length }) => audio !== first.audio || length !== first.length)) {
      throw new RangeError("the hypotheses of a batch must be of one length and over the same audio");
    }
    return this.#advance(hypotheses, tokens);
  }

  async align(audio: AudioContext, tokens: readonly number[]): Promise<Alignment> {
    return this.#scorer.align(encoded(audio), tokens);
  }

  /** Appends `tokens / hypotheses` tokens to each; returns the logits after the last of each. */
  async #advance(hypotheses: readonly Hypothesis[], tokens: readonly number[]): Promise<Float32Array[]> {
    const { hiddenSize, vocabSize, maxTargetPositions } = this.manifest;
    const batch = hypotheses.length;
    const count = tokens.length / batch;
    const { audio, length, cache } = hypotheses[0]!;
    if (length + count > maxTargetPositions) {
      throw new RangeError(`${length} + ${count} tokens are over the decoder's ${maxTargetPositions} positions`);
    }
    const embeds = await this.#embeddings.lookUp(tokens);
    const past = (
      cache.is(hypotheses) ? cache : KeyValueCache.gather(this.#decoder, hypotheses, this.manifest)
    ).retain();
    try {
      using input = new TensorMap(
        { embeds: this.#decoder.tensor(embeds, [batch, count, hiddenSize]) },
        { ownsMemory: true },
      );
      const outputs = await this.#decoder.run({ ...input.feeds, ...past.tensors.feeds, ...audio.cross.feeds });
      const present = KeyValueCache.fromOutputs(outputs, batch, this.manifest).retain();
      for (const [row, hypothesis] of hypotheses.entries()) hypothesis.advance(count, present, row);
      present.release();
      const logits = outputs.get("logits").data as Float32Array;
      return hypotheses.map((_, row) => logits.subarray(row * vocabSize, (row + 1) * vocabSize));
    } finally {
      past.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

function encoded(audio: AudioContext): WhisperAudio {
  if (!(audio instanceof WhisperAudio)) throw new TypeError("the audio was not encoded by a WhisperModel");
  return audio;
}

function started(state: DecoderState): Hypothesis {
  if (!(state instanceof Hypothesis)) throw new TypeError("the state was not started by a WhisperModel");
  return state;
}

/** A shared model, whose disposal gives back the lease and leaves the model to the budget. */
function leased(model: WhisperModel, release: () => void): SpeechModel {
  return {
    manifest: model.manifest,
    encode: (mel, frames) => model.encode(mel, frames),
    excerpt: (audio, from, to) => model.excerpt(audio, from, to),
    start: (audio) => model.start(audio),
    fork: (state) => model.fork(state),
    step: (state, tokens) => model.step(state, tokens),
    stepBatch: (states, tokens) => model.stepBatch(states, tokens),
    align: (audio, tokens) => model.align(audio, tokens),
    async [Symbol.asyncDispose]() {
      release();
    },
  };
}
