import { LambdaServiceException, requestTooLarge } from "./errors.ts";
import { maxEventBytes } from "./function.ts";
import type { LambdaHost } from "./host.ts";

export type AsyncInvocationOptions = {
  /** Pauses before the second attempt and those that follow; Lambda waits one minute and then two, and gives up. */
  retryDelaysMs?: readonly number[];
  /** Events that may wait or run at once. */
  maxPending?: number;
  /** Told when all attempts at an event have failed. */
  onDropped?(functionName: string, error: Error): void;
};

/**
 * Asynchronous (Event) invocations: the caller is answered at once, and a failing function is tried again.
 * Events live in memory and do not outlast the host.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
 */
export class AsyncInvoker {
  readonly #host: LambdaHost;
  readonly #options: AsyncInvocationOptions;
  readonly #closing = new AbortController();
  readonly #pending = new Set<Promise<boolean>>();

  constructor(host: LambdaHost, options: AsyncInvocationOptions = {}) {
    this.#host = host;
    this.#options = options;
  }

  /**
   * Takes an event.
   * @returns whether the function has handled it, as soon as that is known: false where its attempts are used up or this host closes
   * @throws LambdaServiceException when it is too large, too many wait, or the function is unknown
   */
  enqueue(functionName: string, payload: string): Promise<boolean> {
    this.#host.describe(functionName);
    const sizeBytes = Buffer.byteLength(payload);
    if (sizeBytes > maxEventBytes) throw requestTooLarge(sizeBytes, maxEventBytes);
    if (this.#pending.size >= (this.#options.maxPending ?? 1000))
      throw new LambdaServiceException("TooManyRequestsException", 429, "Too many events wait; try again later.");
    const work = this.#attempt(functionName, payload).finally(() => this.#pending.delete(work));
    this.#pending.add(work);
    return work;
  }

  /** Resolves when no event waits or runs. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Drops what waits; running calls end with the host. */
  close(): void {
    this.#closing.abort();
  }

  async #attempt(functionName: string, payload: string): Promise<boolean> {
    const delaysMs = [...(this.#options.retryDelaysMs ?? [60_000, 120_000])];
    for (;;) {
      const error = await this.#host.call(functionName, payload, { signal: this.#closing.signal }).then(
        (result) => result.error,
        (refused: Error) => refused,
      );
      if (!error) return true;
      if (this.#closing.signal.aborted) return false;
      const delayMs = delaysMs.shift();
      if (delayMs === undefined) {
        this.#options.onDropped?.(functionName, error);
        return false;
      }
      await this.#pause(delayMs);
      if (this.#closing.signal.aborted) return false;
    }
  }

  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      signal.addEventListener("abort", done);
    });
  }
}
