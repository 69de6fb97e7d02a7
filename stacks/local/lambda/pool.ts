import type { Ending } from "./ending.ts";
import type { Call, CallResult, ExecutionEnvironment } from "./environment.ts";
import { LambdaServiceException, tooManyRequests } from "./errors.ts";
import type { Patience } from "./function.ts";
import { Line } from "./line.ts";
import type { MemoryRoom } from "./memory-room.ts";
import type { Starts } from "./starts.ts";
import { waitInLine } from "./wait-in-line.ts";

export type PoolStatus = { environments: number; busy: number; queued: number };

export type PoolOptions = {
  /** How many calls may run at once. */
  concurrency: number;
  idleMs: number;
  /** Starts an environment; `onEnd` is called once when it has ended. */
  start(onEnd: (environment: ExecutionEnvironment) => void): Promise<ExecutionEnvironment>;
  stopped: Ending;
  aborted: Ending;
  /** How many environments of all functions may be starting. */
  starts: Starts;
  /** The memory that environments of several functions share, and what one of these takes of it. */
  memory?: { room: MemoryRoom; sizeMB: number };
};

/** How long an environment serves its own line while other functions wait for its memory. */
const longestRowMs = 2000;

type Idle = { environment: ExecutionEnvironment; timer: NodeJS.Timeout; sinceMs: number };
type Waiter = { admit(): void; refuse(error: Error): void };
/** A call that waits for its turn to start an environment, and would as soon have one that is there. */
type Wanting = { give(environment: ExecutionEnvironment): void };

/** The environments of one function. The one used last is used next, so that those not needed can grow old and stop. */
export class FunctionPool {
  readonly #options: PoolOptions;
  readonly #environments = new Set<ExecutionEnvironment>();
  readonly #queue: Waiter[] = [];
  readonly #wanting: Wanting[] = [];
  #idle: Idle[] = [];
  /** On their way to calls that have just been admitted: not idle, so that nobody makes room of them. */
  readonly #reserved: ExecutionEnvironment[] = [];
  /** When an environment began to serve call after call, by `performance.now()`. */
  readonly #rows = new WeakMap<ExecutionEnvironment, number>();
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

  /**
   * Runs a call in an idle environment or a new one, waiting in line when all places are taken.
   * @throws the signal's reason, TooManyRequestsException when patience ends
   */
  async run(call: Call, signal?: AbortSignal, patience?: Patience): Promise<CallResult> {
    using line = new Line(signal, patience);
    await this.#admit(line.signal, patience?.mostWaiting);
    let environment = this.#reserved.pop();
    const abort = () => environment?.end(this.#options.aborted);
    signal?.addEventListener("abort", abort);
    try {
      line.signal?.throwIfAborted();
      environment ??= await this.#take(line.signal);
      line.leave();
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

  async #admit(signal: AbortSignal | undefined, mostWaiting = Number.POSITIVE_INFINITY): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#refusal();
    if (this.#admitted < this.#options.concurrency) {
      this.#admitted++;
      return;
    }
    if (this.#queue.length >= mostWaiting) throw tooManyRequests();
    await waitInLine(this.#queue, (admit, refuse) => ({ admit, refuse }), signal);
  }

  async #take(signal?: AbortSignal): Promise<ExecutionEnvironment> {
    const idle = this.#idle.pop();
    if (idle) {
      clearTimeout(idle.timer);
      return idle.environment;
    }
    const { memory, starts } = this.#options;
    await memory?.room.enter(memory.sizeMB, signal);
    const leave = () => memory?.room.leave(memory.sizeMB);
    const given = await this.#turnToStart(signal).catch((error) => {
      leave();
      throw error;
    });
    if (given) {
      leave();
      return given;
    }
    if (this.#closed) {
      starts.leave();
      leave();
      throw this.#refusal();
    }
    const environment = await this.#options
      .start((ended) => this.#forget(ended))
      .catch((error) => {
        starts.leave();
        leave();
        throw error;
      });
    void environment.started.then(() => starts.leave());
    this.#environments.add(environment);
    void environment.closed.then(() => {
      this.#environments.delete(environment);
      leave();
    });
    if (this.#closed) await environment.stop(this.#options.stopped, 0);
    return environment;
  }

  /** Waits for a turn to start an environment. @returns one that has become free in the meantime, where it did */
  async #turnToStart(signal: AbortSignal | undefined): Promise<ExecutionEnvironment | undefined> {
    const { starts, memory } = this.#options;
    // Where memory is shared, a free environment may have to make room for other functions, which have waited for longer.
    if (memory) return void (await starts.enter(signal));
    const found = new AbortController();
    let given: ExecutionEnvironment | undefined;
    const wanting: Wanting = {
      give: (environment) => {
        given = environment;
        found.abort();
      },
    };
    this.#wanting.push(wanting);
    try {
      await starts.enter(signal ? AbortSignal.any([signal, found.signal]) : found.signal);
    } catch (error) {
      if (given) return given;
      throw error;
    } finally {
      const index = this.#wanting.indexOf(wanting);
      if (index >= 0) this.#wanting.splice(index, 1);
    }
    if (given) starts.leave();
    return given;
  }

  /**
   * Where memory is shared, ending an environment and starting another costs more than dozens of calls: who waits for this one comes first,
   * for so long as others may be kept waiting for that.
   */
  #staysInUse(environment: ExecutionEnvironment): boolean {
    if (!this.#options.memory || this.#queue.length === 0) return false;
    const nowMs = performance.now();
    const sinceMs = this.#rows.get(environment) ?? nowMs;
    this.#rows.set(environment, sinceMs);
    return nowMs - sinceMs < longestRowMs;
  }

  #release(environment: ExecutionEnvironment | undefined): void {
    const wanting = environment?.isAlive && !this.#closed ? this.#wanting.shift() : undefined;
    if (environment && wanting) wanting.give(environment);
    else if (environment?.isAlive && !this.#closed && this.#staysInUse(environment)) this.#reserved.push(environment);
    else if (environment?.isAlive && !this.#closed) {
      const timer = setTimeout(() => void this.#evict(idle, 1000), this.#options.idleMs);
      const idle: Idle = { environment, timer, sinceMs: performance.now() };
      timer.unref();
      this.#idle.push(idle);
      this.#rows.delete(environment);
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
