import { tooManyRequests } from "./errors.ts";
import type { Patience } from "./function.ts";

/** One call's stay in line: its signal ends the stay, by the caller's will or for want of patience, and nothing after it. */
export class Line implements Disposable {
  readonly signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #gone: AbortSignal | undefined;
  #giveUp: () => void = () => undefined;

  constructor(signal: AbortSignal | undefined, patience: Patience | undefined) {
    this.signal = signal;
    if (!patience) return;
    const late = new AbortController();
    this.#giveUp = () => late.abort(tooManyRequests());
    this.#timer = setTimeout(this.#giveUp, patience.waitMs);
    this.#timer.unref();
    this.#gone = patience.gone;
    if (this.#gone?.aborted) this.#giveUp();
    this.#gone?.addEventListener("abort", this.#giveUp);
    this.signal = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
  }

  /** The call begins: patience is no longer asked for. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#gone?.removeEventListener("abort", this.#giveUp);
  }

  [Symbol.dispose](): void {
    this.leave();
  }
}
