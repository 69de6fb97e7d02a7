import { join } from "node:path";
import { MediaError } from "../core/index.ts";
import type { ModelManifest } from "../models/index.ts";
import type { TokenEmbeddings } from "./embeddings.ts";
import type { WhisperAudio } from "./hypothesis.ts";
import { KeyValueCache } from "./key-value-cache.ts";
import { Session, TensorMap } from "./session.ts";
import type { Alignment } from "./speech-model.ts";

/** Tokens per run: the logits of so many are in memory at a time, 6.6 MB for whisper-tiny's vocabulary. */
const tokensPerRun = 32;

/** The scoring graph of a built model. It is opened by the first alignment: most jobs want no words. */
export class Scorer implements AsyncDisposable {
  readonly #directory: string;
  readonly #manifest: ModelManifest;
  readonly #embeddings: TokenEmbeddings;
  readonly #threads: number;
  #session: Promise<Session> | undefined;

  constructor(directory: string, manifest: ModelManifest, embeddings: TokenEmbeddings, threads: number) {
    this.#directory = directory;
    this.#manifest = manifest;
    this.#embeddings = embeddings;
    this.#threads = threads;
  }

  /** @throws MediaError `model.invalid` where the model has no alignment heads */
  async align(audio: WhisperAudio, tokens: readonly number[]): Promise<Alignment> {
    const { id, alignmentHeads, maxTargetPositions } = this.#manifest;
    if (alignmentHeads.length === 0) {
      throw new MediaError(
        "model.invalid",
        `The model ${id} names no alignment heads, so words cannot be placed in time. Transcribe without word timestamps.`,
      );
    }
    if (tokens.length === 0 || tokens.length > maxTargetPositions) {
      throw new RangeError(`an alignment takes from 1 to ${maxTargetPositions} tokens, not ${tokens.length}`);
    }
    const session = await this.#open();
    const alignment = {
      scores: new Float32Array(alignmentHeads.length * tokens.length * audio.positions),
      heads: alignmentHeads.length,
      tokens: tokens.length,
      positions: audio.positions,
      probabilities: new Float32Array(tokens.length - 1),
    };
    let past = KeyValueCache.empty(session, this.#manifest).retain();
    try {
      for (let start = 0; start < tokens.length; start += tokensPerRun) {
        const present = await this.#score(session, audio, past, tokens, start, alignment);
        past.release();
        past = present;
      }
    } finally {
      past.release();
    }
    return alignment;
  }

  /** One run over `tokens[start…]`; writes into `alignment`, returns the cache that includes them. */
  async #score(
    session: Session,
    audio: WhisperAudio,
    past: KeyValueCache,
    tokens: readonly number[],
    start: number,
    alignment: Alignment,
  ): Promise<KeyValueCache> {
    const { hiddenSize, tokens: special } = this.#manifest;
    const piece = tokens.slice(start, start + tokensPerRun);
    const next = tokens.slice(start + 1, start + 1 + tokensPerRun);
    const isText = (token: number | undefined): token is number => token !== undefined && token < special.endOfText;
    using input = new TensorMap({
      embeds: session.tensor(await this.#embeddings.lookUp(piece), [1, piece.length, hiddenSize]),
      targets: session.integers(
        piece.map((_, index) => (isText(next[index]) ? next[index] : 0)),
        [piece.length, 1],
      ),
    });
    const outputs = await session.run({ ...input.feeds, ...past.tensors.feeds, ...audio.cross.feeds });
    const own = { scores: outputs.get("scores"), probabilities: outputs.get("probabilities") };
    using results = new TensorMap(own, { ownsMemory: true });
    const probabilities = results.get("probabilities").data as Float32Array;
    for (const [index, token] of next.entries()) {
      if (isText(token)) alignment.probabilities[start + index] = probabilities[index]!;
    }
    const scores = results.get("scores").data as Float32Array;
    const size = piece.length * audio.positions;
    for (let head = 0; head < alignment.heads; head++) {
      const at = (head * alignment.tokens + start) * audio.positions;
      alignment.scores.set(scores.subarray(head * size, (head + 1) * size), at);
    }
    return KeyValueCache.fromOutputs(outputs, 1, this.#manifest).retain();
  }

  /** One session however many ask at once; after a failure the next one tries again. */
  #open(): Promise<Session> {
    this.#session ??= Session.open(join(this.#directory, "scoring.onnx"), { threads: this.#threads }).catch(
      (error: unknown) => {
        this.#session = undefined;
        throw error;
      },
    );
    return this.#session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
  }
}
