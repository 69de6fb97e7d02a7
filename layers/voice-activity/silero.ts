import { fileURLToPath } from "node:url";
// Not by the index: the functions that only listen need none of the models' code.
import type { MemoryBudget } from "../inference/index.ts";
import { Session, TensorMap } from "../inference/session.ts";
import { sileroFile } from "./layer.ts";

/** Samples that one probability is of, at 16 kHz: 32 ms. */
export const chunkSamples = 512;
/** Samples before a chunk that the model sees with it. */
const contextSamples = 64;
const rowSamples = contextSamples + chunkSamples;
/** Chunks in one run, about a second: from here on more of them cost memory and save nothing. */
const batchChunks = 32;
const stateSize = 128;

/** The model where the sources are, for programs that are not bundled. */
export const sileroPath = fileURLToPath(new URL(sileroFile, import.meta.url));

/** What a recording needs of it. */
export type SileroRun = Pick<Silero, "run">;

/**
 * Silero VAD 6 (https://github.com/snakers4/silero-vad), the graph that takes a sequence of chunks: the same probabilities as the
 * one that takes chunk by chunk, at a third of the time. One may be shared by any number of recordings.
 */
export class Silero implements AsyncDisposable {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  /** @throws MediaError `model.invalid` */
  static async open(path: string): Promise<Silero> {
    return new Silero(await Session.open(path));
  }

  /**
   * @param rows chunks with the samples before them, `rowSamples` each
   * @param state hidden and cell state of the LSTM, 128 values each; changed in place
   * @returns a probability per row
   */
  async run(rows: Float32Array, { hidden, cell }: SileroState): Promise<Float32Array> {
    const session = this.#session;
    using inputs = new TensorMap({
      input: session.tensor(rows, [rows.length / rowSamples, rowSamples]),
      h: session.tensor(hidden, [1, 1, stateSize]),
      c: session.tensor(cell, [1, 1, stateSize]),
    });
    using outputs = await session.run(inputs.feeds);
    hidden.set(outputs.get("hn").data as Float32Array);
    cell.set(outputs.get("cn").data as Float32Array);
    return Float32Array.from(outputs.get("speech_probs").data as Float32Array);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

/** What a session takes beside onnxruntime itself: the graph, its packed weights, one batch at work. */
const sileroCostMiB = 16;

/**
 * Opens Silero within a process' budget, where other models live: it takes its room and shares the session.
 * @throws MediaError `model.invalid`
 */
export async function openSilero(path: string, budget: MemoryBudget): Promise<SileroRun & AsyncDisposable> {
  const lease = await budget.reserve(path, sileroCostMiB, () => Silero.open(path));
  return {
    run: (rows, state) => lease.value.run(rows, state),
    async [Symbol.asyncDispose]() {
      lease[Symbol.dispose]();
    },
  };
}

type SileroState = { hidden: Float32Array; cell: Float32Array };

/** The probabilities of one recording while it streams by, a batch at a time: up to a second late. */
export class VoiceProbabilities {
  readonly #silero: SileroRun;
  readonly #rows = new Float32Array(batchChunks * rowSamples);
  readonly #state = { hidden: new Float32Array(stateSize), cell: new Float32Array(stateSize) };
  /** Where the next sample goes. */
  #at = contextSamples;

  constructor(silero: SileroRun) {
    this.#silero = silero;
  }

  /** One probability per 512 samples, for those that have become known. */
  async push(pcm: Float32Array): Promise<number[]> {
    const known: number[] = [];
    for (let from = 0; from < pcm.length; ) {
      const rowEnd = Math.ceil((this.#at + 1) / rowSamples) * rowSamples;
      const take = Math.min(pcm.length - from, rowEnd - this.#at);
      this.#rows.set(pcm.subarray(from, from + take), this.#at);
      this.#at += take;
      from += take;
      if (this.#at < rowEnd) break;
      const full = this.#at === this.#rows.length;
      if (full) known.push(...(await this.#silero.run(this.#rows, this.#state)));
      const next = full ? 0 : this.#at;
      this.#rows.copyWithin(next, rowEnd - contextSamples, rowEnd);
      this.#at = next + contextSamples;
    }
    return known;
  }

  /** The last ones; what the last chunk lacks is silence. */
  async flush(): Promise<number[]> {
    const row = Math.floor(this.#at / rowSamples);
    const isEmpty = this.#at === row * rowSamples + contextSamples;
    const rows = isEmpty ? row : row + 1;
    if (rows === 0) return [];
    this.#rows.fill(0, this.#at, rows * rowSamples);
    return [...(await this.#silero.run(this.#rows.subarray(0, rows * rowSamples), this.#state))];
  }
}
