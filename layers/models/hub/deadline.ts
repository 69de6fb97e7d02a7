/**
 * Aborts what takes too long, and what the caller gives up. Unlike `AbortSignal.timeout` the clock can be stopped and set
 * again, so that it measures waiting for the network alone, not the time in which its bytes are written.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #onAbort = () => this.#controller.abort(this.#caller?.reason);
  #timer: NodeJS.Timeout | undefined;
  #passed = false;

  constructor(caller?: AbortSignal) {
    this.#caller = caller;
    if (caller?.aborted) this.#onAbort();
    else caller?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True once the time is up. */
  get passed(): boolean {
    return this.#passed;
  }

  start(ms: number): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#passed = true;
      this.#controller.abort();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#caller?.removeEventListener("abort", this.#onAbort);
  }
}
