import { waitInLine } from "./wait-in-line.ts";

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
    await waitInLine(this.#line, (admit) => ({ admit }), signal);
  }

  leave(): void {
    const next = this.#line.shift();
    // The turn goes straight to the next in line.
    if (next) next.admit();
    else this.#starting--;
  }
}
