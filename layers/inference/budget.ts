import { MediaError } from "../core/index.ts";
import type { ModelManifest } from "../models/index.ts";

export type MemoryBudgetOptions = {
  /** Memory the function may use in all. */
  readonly allocationMiB: number;
  /** What the process needs beside models: Node, onnxruntime, buffers of the work itself. */
  readonly reserveMiB: number;
};

/** A loaded model in use. Disposing the lease leaves the model in memory, idle, until its room is needed. */
export interface Lease<Model> extends Disposable {
  readonly value: Model;
}

type Entry = {
  readonly costMiB: number;
  readonly loading: Promise<AsyncDisposable>;
  loaded: boolean;
  users: number;
  /** Grows with every use; the smallest among the idle goes first. */
  lastUse: number;
  /** Set while the model is being released. */
  leaving?: Promise<void>;
};

/**
 * Decides which models are in memory. A model's cost is reserved before it is loaded; when the room is taken, idle models
 * are released, the least recently used first; when all are in use, the request waits for one. Each model is loaded once
 * and shared, however many ask for it at the same time.
 *
 * Take one lease at a time: two holders who each wait for room that the other holds wait for ever.
 */
export class MemoryBudget {
  readonly availableMiB: number;
  readonly #allocationMiB: number;
  readonly #entries = new Map<string, Entry>();
  #reservedMiB = 0;
  #uses = 0;
  /** Requests that need room are served in the order they came, so that small ones cannot starve a large one. */
  #lastInLine: Promise<unknown> = Promise.resolve();
  #changed = Promise.withResolvers<void>();

  constructor({ allocationMiB, reserveMiB }: MemoryBudgetOptions) {
    this.#allocationMiB = allocationMiB;
    this.availableMiB = allocationMiB - reserveMiB;
  }

  /** Reserved by models that are loading, loaded or being released. */
  get reservedMiB(): number {
    return this.#reservedMiB;
  }

  /** Names of the models in memory. */
  get residents(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Gets a model, loading it if it is not in memory.
   * @param load is called at most once per stay in memory; its failure reaches all who waited, and gives the room back
   * @throws MediaError `memory.plan_does_not_fit` before any load, when the model alone is over the budget
   */
  async reserve<Model extends AsyncDisposable>(
    name: string,
    costMiB: number,
    load: () => Promise<Model>,
  ): Promise<Lease<Model>> {
    if (costMiB > this.availableMiB) throw this.#doesNotFit(name, costMiB);
    return this.#join<Model>(name) ?? this.#inLine(() => this.#admit(name, costMiB, load));
  }

  /** Releases every idle model: for a process that is about to need its memory for something else. */
  async releaseIdle(): Promise<void> {
    for (const entry of [...this.#entries.values()]) await this.#releaseIfIdle(entry);
  }

  async #admit<Model extends AsyncDisposable>(
    name: string,
    costMiB: number,
    load: () => Promise<Model>,
  ): Promise<Promise<Lease<Model>>[]> {
    for (;;) {
      const joined = this.#join<Model>(name);
      if (joined) return [joined];
      const leaving = this.#entries.get(name)?.leaving;
      const victim = this.#leastRecentlyUsedIdle();
      if (leaving) await leaving;
      else if (this.#reservedMiB + costMiB <= this.availableMiB) {
        this.#enter(name, costMiB, load);
      } else if (victim) await this.#releaseIfIdle(victim);
      else await this.#changed.promise;
    }
  }

  #enter(name: string, costMiB: number, load: () => Promise<AsyncDisposable>): void {
    this.#reservedMiB += costMiB;
    const loading = (async () => load())();
    const entry: Entry = { costMiB, loading, loaded: false, users: 0, lastUse: 0 };
    this.#entries.set(name, entry);
    entry.loading.then(
      () => {
        entry.loaded = true;
        this.#notify();
      },
      () => this.#forget(entry),
    );
  }

  /** A lease on a model that is in memory or on its way; undefined when it is neither. */
  #join<Model>(name: string): Promise<Lease<Model>> | undefined {
    const entry = this.#entries.get(name);
    if (!entry || entry.leaving) return undefined;
    entry.users++;
    entry.lastUse = ++this.#uses;
    return entry.loading.then((value) => {
      let held = true;
      return {
        value: value as Model,
        [Symbol.dispose]: () => {
          if (!held) return;
          held = false;
          entry.users--;
          this.#notify();
        },
      };
    });
  }

  /** `serve` returns its promise in a list, so that the next in line need not wait for the load itself. */
  async #inLine<Result>(serve: () => Promise<Promise<Result>[]>): Promise<Result> {
    const turn = this.#lastInLine.then(serve);
    this.#lastInLine = turn.catch(() => undefined);
    const [result] = await turn;
    return result!;
  }

  #leastRecentlyUsedIdle(): Entry | undefined {
    let oldest: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.loaded && entry.users === 0 && !entry.leaving && (!oldest || entry.lastUse < oldest.lastUse))
        oldest = entry;
    }
    return oldest;
  }

  async #releaseIfIdle(entry: Entry): Promise<void> {
    if (!entry.loaded || entry.users > 0) return;
    entry.leaving ??= (async () => {
      try {
        await (await entry.loading)[Symbol.asyncDispose]();
      } finally {
        this.#forget(entry);
      }
    })();
    await entry.leaving;
  }

  #forget(entry: Entry): void {
    for (const [name, candidate] of this.#entries) if (candidate === entry) this.#entries.delete(name);
    this.#reservedMiB -= entry.costMiB;
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  #doesNotFit(name: string, costMiB: number): MediaError {
    return new MediaError(
      "memory.plan_does_not_fit",
      `${name} needs ${Math.ceil(costMiB)} MiB and ${Math.max(0, Math.floor(this.availableMiB))} of the ` +
        `${this.#allocationMiB} MiB allocation are free for models. Raise the function's memory or choose a smaller model.`,
      { context: { name, costMiB, availableMiB: this.availableMiB, allocationMiB: this.#allocationMiB } },
    );
  }
}

const bytesPerMiB = 2 ** 20;

/** Code, heap and session structures that come with any model. */
const fixedMiB = 32;

/**
 * What a built model costs in memory: its weights twice (as mapped, and packed for the processor), the activations of one
 * full window, and its cross-attention three times (being made, in use, and not yet collected). An estimate that stays above
 * what was measured for whisper-tiny (232 MiB over the idle process, an alignment of 100 tokens included) and for the demo model
 * (48 MiB).
 */
export function speechModelCostMiB(manifest: ModelManifest): number {
  const { files, hiddenSize, maxFrames, layers } = manifest;
  const weightBytes = (files["encoder.data"]?.sizeBytes ?? 0) + (files["decoder.data"]?.sizeBytes ?? 0);
  const positionBytes = (maxFrames / 2) * hiddenSize * Float32Array.BYTES_PER_ELEMENT;
  // 32 is what the widest moment was measured to hold, feed-forward and convolutions included, in units of one activation; the
  // encoder's arena, which keeps them in larger blocks, adds a quarter.
  const activationBytes = 40 * positionBytes;
  const crossBytes = 2 * layers * positionBytes;
  return fixedMiB + Math.ceil((2 * weightBytes + activationBytes + 3 * crossBytes) / bytesPerMiB);
}
