import type { ExternalDataWriter } from "./external-data.ts";
import type { WeightSource } from "./graph-builder.ts";
import type { ElementType, Initializer } from "./wire.ts";

/** Constants below this stay in the model file: a page of their own would be mostly empty. */
const inlineBelowBytes = 1024;

/** The weights of several graphs in one data file: what two of them use is quantized, written and mapped once. */
export class WeightStore {
  readonly #data: ExternalDataWriter;
  readonly #weights = new Map<string, Initializer>();

  constructor(data: ExternalDataWriter) {
    this.#data = data;
  }

  async getOrAdd(name: string, type: ElementType, dims: readonly number[], source: WeightSource): Promise<Initializer> {
    const known = this.#weights.get(name);
    if (known) return known;
    const made = await source();
    const weight = { name, type, dims, data: await this.#store(made) };
    this.#weights.set(name, weight);
    return weight;
  }

  async #store(made: ArrayBufferView | AsyncIterable<Uint8Array>): Promise<Initializer["data"]> {
    if (!ArrayBuffer.isView(made)) return this.#data.append(made);
    const bytes = new Uint8Array(made.buffer, made.byteOffset, made.byteLength);
    return bytes.byteLength < inlineBelowBytes ? bytes : this.#data.append([bytes]);
  }
}
