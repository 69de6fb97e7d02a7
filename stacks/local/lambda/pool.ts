import type { Ending } from "./ending.ts";
import type { Call, CallResult, ExecutionEnvironment } from "./environment.ts";
import { LambdaServiceException } from "./errors.ts";
import type { MemoryRoom } from "./memory-room.ts";

export type PoolStatus = { environments: number; busy: number; queued: number };

export type PoolOptions = {
  /** How many calls may run at once. */
  concurrency: number;
  idleMs: number;
  /** Starts an environment; `onEnd` is called once when it has ended. */
  start(onEnd: (environment: ExecutionEnvironment) => void): Promise<ExecutionEnvironment>;
  stopped: Ending;
  aborted: Ending;
  /** The memory that environments of several functions share, and what one of these takes of it. */
  memory?: { room: MemoryRoom; sizeMB: number };
};

type Idle = { environment: ExecutionEnvironment; timer: NodeJS.Timeout; sinceMs: number };
type Waiter = { admit(): void; refuse(error: Error): void };

/** The environments of one function. The one used last is used next, so that those not needed can grow old and stop. */
export class FunctionPool {
  readonly #options: PoolOptions;
  readonly #environments = new Set<ExecutionEnvironment>();
  readonly #queue: Waiter[] = [];
  #idle: Idle[] = [];
  #admitted = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    options.memory?.room.join(() => {
      const longest = this.#idle[0];
      return longest && { sinceMs: longest.sinceMs, evict: () => this.#evict(longest, 500) };
    });
  }

  status(): PoolStatus {
    return {
      environments: this.#environments.size,
      busy: this.#admitted,
      queued: this.#queue.length,
    };
  }

  /** Runs a call in an idle environment or a new one, waiting in line when all places are taken. @throws the signal's reason */
  async run(call: Call, signal?: AbortSignal): Promise<CallResult> {
    await this.#admit(signal);
    let environment: ExecutionEnvironment | undefined;
    const abort = () => environment?.end(this.#options.aborted);
    signal?.addEventListener("abort", abort);
    try {
      signal?.throwIfAborted();
      environment = await this.#take(signal);
      if (signal?.aborted) abort();
      const result = await environment.run(call);
      signal?.throwIfAborted();
      return result;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#release(environment);
    }
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#queue.splice(0)) waiter.refuse(this.#refusal());
    for (const { timer } of this.#idle.splice(0)) clearTimeout(timer);
    await Promise.all([...this.#environments].map((each) => each.stop(this.#options.stopped, graceMs)));
  }

  #refusal = () => new LambdaServiceException("ServiceException", 503, `${this.#options.stopped.message}.`);

  async #admit(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#refusal();
    if (this.#admitted < this.#options.concurrency) {
      this.#admitted++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { admit: resolve, refuse: reject };
    const abort = () => {
      const index = this.#queue.indexOf(waiter);
      if (index < 0) return;
      this.#queue.splice(index, 1);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    this.#queue.push(waiter);
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async #take(signal?: AbortSignal): Promise<ExecutionEnvironment> {
    const idle = this.#idle.pop();
    if (idle) {
      clearTimeout(idle.timer);
      return idle.environment;
    }
    const { memory } = this.#options;
    await memory?.room.enter(memory.sizeMB, signal);
    const leave = () => memory?.room.leave(memory.sizeMB);
    if (this.#closed) {
      leave();
      throw this.#refusal();
    }
    const environment = await this.#options
      .start((ended) => this.#forget(ended))
      .catch((error) => {
        leave();
        throw error;
      });
    this.#environments.add(environment);
    environment.closed.then(() => {
      this.#environments.delete(environment);
      leave();
    });
    if (this.#closed) await environment.stop(this.#options.stopped, 0);
    return environment;
  }

  #release(environment: ExecutionEnvironment | undefined): void {
    if (environment?.isAlive && !this.#closed) {
      const timer = setTimeout(() => void this.#evict(idle, 1000), this.#options.idleMs);
      const idle: Idle = { environment, timer, sinceMs: performance.now() };
      timer.unref();
      this.#idle.push(idle);
      // Others may have been waiting for longer than whoever would use this environment next.
      this.#options.memory?.room.settle();
    }
    const next = this.#queue.shift();
    // The place goes straight to the next in line, so that nobody can slip in between.
    if (next) next.admit();
    else this.#admitted--;
  }

  async #evict(idle: Idle, graceMs: number): Promise<void> {
    clearTimeout(idle.timer);
    this.#idle = this.#idle.filter((each) => each !== idle);
    await idle.environment.stop(this.#options.stopped, graceMs);
  }

  /** An idle environment can die too: at its memory limit, or by its own hand. */
  #forget(environment: ExecutionEnvironment): void {
    for (const idle of this.#idle) if (idle.environment === environment) clearTimeout(idle.timer);
    this.#idle = this.#idle.filter((each) => each.environment !== environment);
  }
}
