import { MediaError } from "../core/index.ts";
import { type ModelCost, totalMiB } from "./model-cost.ts";

export type MemoryBudgetOptions = {
  /** Memory the function may use in all. */
  readonly allocationMiB: number;
  /** What the process needs beside models: Node, onnxruntime, buffers of the work itself. */
  readonly reserveMiB: number;
  /** Models in memory at a time at most, whatever they cost; default: no bound. */
  readonly mostResidents?: number;
  /** Called when a model has been released, before its room is given to another. */
  readonly afterRelease?: () => void;
};

/** Why a model was released: for the room of another, because memory ran short, or because its owner asked. */
export type Eviction = {
  readonly name: string;
  readonly costMiB: number;
  readonly reason: "room" | "watermark" | "asked";
};

/** A loaded model in use. Disposing the lease leaves the model in memory, idle, until its room is needed. */
export interface Lease<Model> extends Disposable {
  readonly value: Model;
}

type Entry = {
  readonly name: string;
  readonly cost: ModelCost;
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
 * Of a cost in two parts the resident ones add up, and the largest of the working ones counts once: one process runs one model at a
 * time, because onnxruntime-node runs on the main thread.
 *
 * Take one lease at a time: two holders who each wait for room that the other holds wait for ever.
 */
export class MemoryBudget {
  readonly availableMiB: number;
  readonly #allocationMiB: number;
  readonly #mostResidents: number;
  readonly #afterRelease: (() => void) | undefined;
  readonly #entries = new Map<string, Entry>();
  #uses = 0;
  /** Requests that need room are served in the order they came, so that small ones cannot starve a large one. */
  #lastInLine: Promise<unknown> = Promise.resolve();
  #changed = Promise.withResolvers<void>();
  /** Told of every model that is released; the process' metrics listen here. */
  onEviction: ((eviction: Eviction) => void) | undefined;

  constructor({
    allocationMiB,
    reserveMiB,
    mostResidents = Number.POSITIVE_INFINITY,
    afterRelease,
  }: MemoryBudgetOptions) {
    this.#afterRelease = afterRelease;
    this.#mostResidents = mostResidents;
    this.#allocationMiB = allocationMiB;
    this.availableMiB = allocationMiB - reserveMiB;
  }

  /** Reserved by models that are loading, loaded or being released. */
  get reservedMiB(): number {
    return reservedMiB([...this.#entries.values()].map(({ cost }) => cost));
  }

  /** Names of the models in memory. */
  get residents(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Gets a model, loading it if it is not in memory.
   * @param cost a number counts as resident in full
   * @param load is called at most once per stay in memory; its failure reaches all who waited, and gives the room back
   * @throws MediaError `memory.plan_does_not_fit` before any load, when the model alone is over the budget
   */
  async reserve<Model extends AsyncDisposable>(
    name: string,
    cost: number | ModelCost,
    load: () => Promise<Model>,
  ): Promise<Lease<Model>> {
    const parts = typeof cost === "number" ? { residentMiB: cost, workingMiB: 0 } : cost;
    this.requireFit(name, parts);
    return this.#join<Model>(name) ?? this.#inLine(() => this.#admit(name, parts, load));
  }

  /**
   * @param wayOut what would fit, where that is known
   * @throws MediaError `memory.plan_does_not_fit` when a model of this cost is over the budget even alone
   */
  requireFit(name: string, cost: ModelCost, wayOut?: () => string): void {
    const costMiB = totalMiB(cost);
    if (costMiB > this.availableMiB) throw this.#doesNotFit(name, costMiB, wayOut?.());
  }

  /**
   * Releases every idle model: for a process that is about to need its memory for something else.
   * @returns how many were released
   */
  async releaseIdle(reason: Eviction["reason"] = "asked"): Promise<number> {
    const before = this.#entries.size;
    for (const entry of [...this.#entries.values()]) await this.#releaseIfIdle(entry, reason);
    return before - this.#entries.size;
  }

  async #admit<Model extends AsyncDisposable>(
    name: string,
    cost: ModelCost,
    load: () => Promise<Model>,
  ): Promise<Promise<Lease<Model>>[]> {
    for (;;) {
      const joined = this.#join<Model>(name);
      if (joined) return [joined];
      const leaving = this.#entries.get(name)?.leaving;
      const victim = this.#leastRecentlyUsedIdle();
      if (leaving) await leaving;
      else if (this.#hasRoomFor(cost)) this.#enter(name, cost, load);
      else if (victim) await this.#releaseIfIdle(victim, "room");
      else await this.#changed.promise;
    }
  }

  #hasRoomFor(cost: ModelCost): boolean {
    const costs = [...this.#entries.values()].map((entry) => entry.cost);
    return this.#entries.size < this.#mostResidents && reservedMiB([...costs, cost]) <= this.availableMiB;
  }

  #enter(name: string, cost: ModelCost, load: () => Promise<AsyncDisposable>): void {
    const loading = (async () => load())();
    const entry: Entry = { name, cost, loading, loaded: false, users: 0, lastUse: 0 };
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

  async #releaseIfIdle(entry: Entry, reason: Eviction["reason"]): Promise<void> {
    if (!entry.loaded || entry.users > 0) return;
    entry.leaving ??= (async () => {
      this.onEviction?.({ name: entry.name, costMiB: totalMiB(entry.cost), reason });
      try {
        await (await entry.loading)[Symbol.asyncDispose]();
        this.#afterRelease?.();
      } finally {
        this.#forget(entry);
      }
    })();
    await entry.leaving;
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.name) === entry) this.#entries.delete(entry.name);
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  #doesNotFit(name: string, costMiB: number, wayOut?: string): MediaError {
    return new MediaError(
      "memory.plan_does_not_fit",
      `${name} needs ${Math.ceil(costMiB)} MiB and ${Math.max(0, Math.floor(this.availableMiB))} of the ` +
        `${this.#allocationMiB} MiB allocation are free for models. Raise the function's memory or choose a smaller model${wayOut === undefined ? "." : `: ${wayOut}`}`,
      { context: { name, costMiB, availableMiB: this.availableMiB, allocationMiB: this.#allocationMiB } },
    );
  }
}

function reservedMiB(costs: readonly ModelCost[]): number {
  const working = costs.map(({ workingMiB }) => workingMiB);
  return costs.reduce((sum, { residentMiB }) => sum + residentMiB, 0) + Math.max(0, ...working);
}
