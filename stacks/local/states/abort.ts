import { setMaxListeners } from "node:events";

/**
 * An AbortController that follows a parent signal until it is disposed. Unlike `AbortSignal.any`, it leaves nothing
 * behind on a parent that lives as long as the host.
 */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #follow = () => this.#controller.abort(this.#parent.reason);

  constructor(parent: AbortSignal) {
    this.#parent = parent;
    // A wide Map hangs one listener per running item on this signal.
    setMaxListeners(0, this.#controller.signal);
    if (parent.aborted) this.#follow();
    else parent.addEventListener("abort", this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#parent.removeEventListener("abort", this.#follow);
  }
}

/** The promise's result, or the signal's reason as soon as it aborts: a worker that ignores its signal holds nobody up. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
    aborted.catch(() => {});
    promise.catch(() => {});
  }
}
