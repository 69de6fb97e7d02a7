import { randomUUID } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { aborted, stopped } from "./ending.ts";
import { type Call, type CallResult, ExecutionEnvironment } from "./environment.ts";
import { functionNotFound, requestTooLarge } from "./errors.ts";
import {
  type InvocationReport,
  type InvokeOptions,
  type LambdaFunction,
  maxRequestBytes,
  type StreamedResponse,
} from "./function.ts";
import { InvocationLog } from "./invocation-log.ts";
import { EnvironmentRecords } from "./leftovers.ts";
import { LogFile } from "./log-file.ts";
import { detectLimiter, type LimiterChoice, type MemoryLimiter } from "./memory/index.ts";
import { MemoryRoom } from "./memory-room.ts";
import { FunctionPool, type PoolStatus } from "./pool.ts";
import { Starts } from "./starts.ts";

export type LambdaHostOptions = {
  /** For temporary folders, logs and the records of what runs. One host at a time. */
  directory: string;
  functions: LambdaFunction[];
  /** The node binary that runs the functions; by default the one that runs the host. */
  nodePath?: string;
  /** How long an unused execution environment is kept; 60 s by default. */
  idleMs?: number;
  onReport?(report: InvocationReport): void;
  /** How memory is limited; `auto` takes the strictest way that this machine allows. */
  limiter?: LimiterChoice;
  /** Memory, in MB, that functions share: for hosts whose memory is less than the sum of what may run at once. */
  rooms?: Readonly<Record<string, number>>;
  /** Another runtime than the built-in one, for instance AWS's own client: program and arguments. */
  runtimeCommand?: string[];
};

export type HostDescription = { limiter: MemoryLimiter["kind"]; reason: string; reaped: number };

type Served = { fn: LambdaFunction; pool: FunctionPool; log: LogFile };

/**
 * Runs Lambda functions on this machine: every execution environment is a process tree of its own, with the function's
 * environment variables, memory limit, timeout and temporary folder, and is reused as on Lambda.
 */
export class LambdaHost {
  readonly #options: LambdaHostOptions;
  readonly #functions = new Map<string, Served>();
  readonly #environments = new Set<ExecutionEnvironment>();
  #limiter: MemoryLimiter | undefined;
  #records: EnvironmentRecords | undefined;

  constructor(options: LambdaHostOptions) {
    this.#options = options;
    const rooms = new Map(Object.entries(options.rooms ?? {}).map(([name, sizeMB]) => [name, new MemoryRoom(sizeMB)]));
    const starts = new Starts(Math.max(2, availableParallelism()));
    for (const fn of options.functions) {
      const log = new LogFile(join(options.directory, "logs", `${fn.name}.log`));
      const pool = new FunctionPool({
        concurrency: fn.concurrency ?? Number.POSITIVE_INFINITY,
        idleMs: options.idleMs ?? 60_000,
        start: (onEnd) => this.#startEnvironment(fn, log, onEnd),
        stopped: stopped(fn),
        aborted: aborted(fn),
        starts,
        ...memoryOf(fn, rooms),
      });
      this.#functions.set(fn.name, { fn, pool, log });
    }
  }

  /**
   * Finds out how memory can be limited here and ends what a killed host left in the directory.
   * @throws when the limiter that was asked for cannot be used
   */
  async open(): Promise<HostDescription> {
    mkdirSync(this.#options.directory, { recursive: true });
    // Links are resolved because what a process has in its environment is compared with these paths.
    this.#records = new EnvironmentRecords(join(realpathSync(this.#options.directory), "environments"));
    const reaped = await this.#records.reap();
    this.#limiter = await detectLimiter(this.#options.limiter ?? "auto", `halfgig-probe-${randomUUID().slice(0, 13)}`);
    return { limiter: this.#limiter.kind, reason: this.#limiter.reason, reaped };
  }

  /** The settings of a function. @throws LambdaServiceException when there is none of this name */
  describe(name: string): LambdaFunction {
    return this.#served(name).fn;
  }

  /**
   * Invokes a function and waits for its reply.
   * @throws LambdaError when the function fails, LambdaServiceException when the call is refused or waits for longer than its
   * caller's patience, the signal's reason
   */
  async invoke(name: string, payload: unknown, options: InvokeOptions = {}): Promise<unknown> {
    const result = await this.call(name, JSON.stringify(payload ?? null), options);
    if (result.error) throw result.error;
    return fromJson(result.payload);
  }

  /**
   * Invokes a function and hands out its reply while it is being written. The body ends in a LambdaError when the
   * function fails later on. A handler that does not stream gives a body of one piece.
   * @throws as `invoke`, until the head has arrived
   */
  async invokeStreaming(name: string, payload: unknown, options: InvokeOptions = {}): Promise<StreamedResponse> {
    const head = Promise.withResolvers<StreamedResponse>();
    let streamed: StreamedResponse | undefined;
    const onStream = (response: StreamedResponse) => {
      streamed = response;
      head.resolve(response);
    };
    this.call(name, JSON.stringify(payload ?? null), { ...options, onStream })
      .then(({ error, payload: text }) => {
        if (error) throw error;
        head.resolve({ contentType: "application/json", body: Readable.from([Buffer.from(text)]) });
      })
      .catch((error: Error) => {
        streamed?.body.destroy(error);
        head.reject(error);
      });
    return head.promise;
  }

  /** Invokes with JSON text and returns all there is to know: what the Invoke API is made of. @throws as `invoke`, but never LambdaError */
  async call(
    name: string,
    payload: string,
    options: InvokeOptions & Pick<Call, "onStream" | "clientContext"> = {},
  ): Promise<CallResult> {
    const { pool } = this.#served(name);
    const sizeBytes = Buffer.byteLength(payload);
    if (sizeBytes > maxRequestBytes) throw requestTooLarge(sizeBytes, maxRequestBytes);
    const { signal, patience, ...rest } = options;
    const result = await pool.run({ requestId: randomUUID(), payload, ...rest }, signal, patience);
    this.#options.onReport?.(result.report);
    return result;
  }

  /** What runs and waits at this moment. */
  status(): Record<string, PoolStatus> {
    return Object.fromEntries([...this.#functions].map(([name, { pool }]) => [name, pool.status()]));
  }

  /** Ends the environment that has most memory, if there is any: for a limit that holds all of them together. */
  endLargest(why: string): void {
    let largest: { environment: ExecutionEnvironment; rssMiB: number } | undefined;
    for (const environment of this.#environments) {
      const { rssMiB } = environment;
      if (rssMiB > (largest?.rssMiB ?? 0)) largest = { environment, rssMiB };
    }
    largest?.environment.endForMemory(why);
  }

  /** Refuses new calls, ends the running ones (SIGTERM, then SIGKILL after the grace period) and removes what they used. */
  async close({ graceMs = 2000 }: { graceMs?: number } = {}): Promise<void> {
    const served = [...this.#functions.values()];
    await Promise.all(served.map(({ pool }) => pool.close(graceMs)));
    await Promise.all(served.map(({ log }) => log.flush()));
  }

  #served(name: string): Served {
    const served = this.#functions.get(name);
    if (!served) throw functionNotFound(name);
    return served;
  }

  async #startEnvironment(
    fn: LambdaFunction,
    log: LogFile,
    onEnd: (environment: ExecutionEnvironment) => void,
  ): Promise<ExecutionEnvironment> {
    if (!this.#limiter || !this.#records) throw new Error("The Lambda host is not open yet. Await open() first.");
    const environment: ExecutionEnvironment = new ExecutionEnvironment({
      fn,
      command: this.#options.runtimeCommand ?? [
        this.#options.nodePath ?? process.execPath,
        join(import.meta.dirname, "runtime", "client.mjs"),
      ],
      limiter: this.#limiter,
      records: this.#records,
      log: new InvocationLog(log),
      onEnd: () => {
        this.#environments.delete(environment);
        onEnd(environment);
      },
    });
    this.#environments.add(environment);
    try {
      await environment.start();
    } catch (error) {
      this.#environments.delete(environment);
      throw error;
    }
    return environment;
  }
}

/** @throws when the function's room is not there, or smaller than one of its environments */
function memoryOf({ name, room, memoryMB }: LambdaFunction, rooms: ReadonlyMap<string, MemoryRoom>) {
  if (room === undefined) return {};
  const shared = rooms.get(room);
  if (!shared || shared.capacityMB < memoryMB)
    throw new Error(`The function ${name} needs ${memoryMB} MB of "${room}", which has ${shared?.capacityMB ?? 0} MB.`);
  return { memory: { room: shared, sizeMB: memoryMB } };
}

/** A streaming handler that is invoked in the ordinary way may have answered with anything. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
