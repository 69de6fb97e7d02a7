import { type Session, TensorMap } from "./session.ts";

type Sizes = { readonly layers: number; readonly heads: number; readonly headDim: number };

/** One hypothesis' part of a cache. */
export type CacheRow = { readonly cache: KeyValueCache; readonly row: number };

/**
 * Self-attention keys and values of a batch of hypotheses, `past.i.k` and `past.i.v` [batch, heads, length, headDim] per layer.
 * Immutable; shared by the hypotheses that are its rows and by their forks, and freed with the last of them.
 */
export class KeyValueCache {
  readonly batch: number;
  readonly tensors: TensorMap;
  #users = 0;

  private constructor(batch: number, tensors: TensorMap) {
    this.batch = batch;
    this.tensors = tensors;
  }

  static empty(session: Session, { layers, heads, headDim }: Sizes): KeyValueCache {
    const tensors = names(layers).map((name) => [name, session.tensor(new Float32Array(0), [1, heads, 0, headDim])]);
    return new KeyValueCache(1, new TensorMap(Object.fromEntries(tensors)));
  }

  /** Takes the `present` tensors of a decoder's run over; its other outputs stay the caller's. */
  static fromOutputs(outputs: TensorMap, batch: number, { layers }: Sizes): KeyValueCache {
    const tensors = names(layers).map((name) => [name, outputs.get(name.replace("past", "present"))]);
    return new KeyValueCache(batch, new TensorMap(Object.fromEntries(tensors), { ownsMemory: true }));
  }

  /** Copies rows of equal length from wherever they lie into one new cache. */
  static gather(session: Session, rows: readonly CacheRow[], { layers, heads, headDim }: Sizes): KeyValueCache {
    const length = rows[0]!.cache.tensors.get("past.0.k").dims[2]!;
    const rowSize = heads * length * headDim;
    const tensors = names(layers).map((name) => {
      const values = new Float32Array(rows.length * rowSize);
      for (const [index, { cache, row }] of rows.entries()) {
        const from = cache.tensors.get(name).data as Float32Array;
        values.set(from.subarray(row * rowSize, (row + 1) * rowSize), index * rowSize);
      }
      return [name, session.tensor(values, [rows.length, heads, length, headDim])];
    });
    return new KeyValueCache(rows.length, new TensorMap(Object.fromEntries(tensors), { ownsMemory: true }));
  }

  /** Whether `rows` are all of this cache's, in its order. */
  is(rows: readonly CacheRow[]): boolean {
    return rows.length === this.batch && rows.every(({ cache, row }, index) => cache === this && row === index);
  }

  retain(): this {
    this.#users++;
    return this;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.tensors[Symbol.dispose]();
  }
}

function names(layers: number): string[] {
  return Array.from({ length: layers }, (_, layer) => [`past.${layer}.k`, `past.${layer}.v`]).flat();
}
