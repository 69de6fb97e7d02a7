import { waitInLine } from "./wait-in-line.ts";

/** An environment that waits for its next call and may be stopped to make room. */
export type IdleOccupant = {
  /** When it became idle, by the clock of `performance.now()`. */
  sinceMs: number;
  /** Stops it; resolves when its memory is free. */
  evict(): Promise<void>;
};

type Waiter = { sizeMB: number; admit(): void };

/**
 * Memory that several functions share. An environment takes its whole allocation before it starts and gives it back when
 * it has ended; where the room is full, environments that only wait for calls are stopped, the longest idle first, and where
 * all are at work the next one waits. First come, first served: a small one may not pass a large one for ever.
 */
export class MemoryRoom {
  readonly capacityMB: number;
  readonly #idleOccupants: (() => IdleOccupant | undefined)[] = [];
  readonly #line: Waiter[] = [];
  #usedMB = 0;
  #evicting = false;

  constructor(capacityMB: number) {
    this.capacityMB = capacityMB;
  }

  get usedMB(): number {
    return this.#usedMB;
  }

  get waiting(): number {
    return this.#line.length;
  }

  /** @param longestIdle the environment of a pool that has been idle for longest, if any is */
  join(longestIdle: () => IdleOccupant | undefined): void {
    this.#idleOccupants.push(longestIdle);
  }

  /**
   * Waits until there is room, and takes it. Give it back with `leave`.
   * @throws the signal's reason, RangeError for what is larger than the room
   */
  async enter(sizeMB: number, signal?: AbortSignal): Promise<void> {
    if (sizeMB > this.capacityMB) throw new RangeError(`${sizeMB} MB do not fit into a room of ${this.capacityMB} MB.`);
    signal?.throwIfAborted();
    await waitInLine(
      this.#line,
      (admit) => ({ sizeMB, admit }),
      signal,
      () => this.settle(),
    );
  }

  leave(sizeMB: number): void {
    this.#usedMB -= sizeMB;
    this.settle();
  }

  /** Admits whom there is room for. Called by a pool, too, when one of its environments becomes idle. */
  settle(): void {
    for (let next = this.#line[0]; next; next = this.#line[0]) {
      if (this.#usedMB + next.sizeMB > this.capacityMB) {
        this.#makeRoom();
        return;
      }
      this.#line.shift();
      this.#usedMB += next.sizeMB;
      next.admit();
    }
  }

  #makeRoom(): void {
    if (this.#evicting) return;
    let oldest: IdleOccupant | undefined;
    for (const longestIdle of this.#idleOccupants) {
      const occupant = longestIdle();
      if (occupant && (!oldest || occupant.sinceMs < oldest.sinceMs)) oldest = occupant;
    }
    if (!oldest) return;
    this.#evicting = true;
    void oldest.evict().finally(() => {
      this.#evicting = false;
      this.settle();
    });
  }
}
