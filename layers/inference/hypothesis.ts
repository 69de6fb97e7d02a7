import type { KeyValueCache } from "./key-value-cache.ts";
import type { TensorMap } from "./session.ts";
import type { AudioContext, DecoderState } from "./speech-model.ts";

export class WhisperAudio implements AudioContext {
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

/** A hypothesis: a row of a cache that it may share with others. */
export class Hypothesis implements DecoderState {
  readonly audio: WhisperAudio;
  #cache: KeyValueCache;
  #row: number;
  #length: number;
  #disposed = false;

  constructor(audio: WhisperAudio, cache: KeyValueCache, row = 0, length = 0) {
    this.audio = audio;
    this.#cache = cache.retain();
    this.#row = row;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  get cache(): KeyValueCache {
    return this.#cache;
  }

  /** Which row of `cache` is this hypothesis. */
  get row(): number {
    return this.#row;
  }

  fork(): Hypothesis {
    if (this.#disposed) throw new ReferenceError("the hypothesis was disposed");
    return new Hypothesis(this.audio, this.#cache, this.#row, this.#length);
  }

  advance(tokens: number, cache: KeyValueCache, row: number): void {
    // Disposed while its step was running: it takes nothing more.
    if (this.#disposed) return;
    const before = this.#cache;
    this.#cache = cache.retain();
    this.#row = row;
    this.#length += tokens;
    before.release();
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#cache.release();
  }
}
