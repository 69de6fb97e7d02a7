type Waiter = { admit(): void };

/**
 * How many environments may be starting at once. A start is a second of a processor; forty at once on two processors are forty seconds for all
 * of them, in which calls that an earlier environment could have taken wait for their own.
 */
export class Starts {
  readonly #most: number;
  readonly #line: Waiter[] = [];
  #starting = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Waits for a turn, first come, first served. Give it back with `leave`. @throws the signal's reason */
  async enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#starting < this.#most) {
      this.#starting++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { admit: resolve };
    const abort = () => {
      const index = this.#line.indexOf(waiter);
      if (index < 0) return;
      this.#line.splice(index, 1);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    this.#line.push(waiter);
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  leave(): void {
    const next = this.#line.shift();
    // The turn goes straight to the next in line.
    if (next) next.admit();
    else this.#starting--;
  }
}
