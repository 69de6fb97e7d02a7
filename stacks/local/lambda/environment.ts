import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killStrays, type RuntimeProcess, signalGroup, startRuntime } from "./child-process.ts";
import {
  type Ending,
  endingBody,
  exited,
  initFailed,
  noResponse,
  outOfMemory,
  outOfSharedMemory,
  timedOut,
  tmpQuotaExceeded,
} from "./ending.ts";
import { environmentVariables } from "./environment-variables.ts";
import { functionArn, LambdaError } from "./errors.ts";
import type { InvocationReport, LambdaFunction, StreamedResponse } from "./function.ts";
import type { InvocationLog } from "./invocation-log.ts";
import type { EnvironmentRecords } from "./leftovers.ts";
import { type MemoryGroup, type MemoryLimiter, MemoryWatch } from "./memory/index.ts";
import { treeRssMiB } from "./process-tree.ts";
import { type RuntimeAnswer, RuntimeApi } from "./runtime-api.ts";
import { folderUsageBytes } from "./tmp-usage.ts";

/** One event for one environment. The payload is JSON text. */
export type Call = {
  requestId: string;
  payload: string;
  executionName?: string;
  clientContext?: string;
  onStream?: (response: StreamedResponse) => void;
  hangUp?: boolean;
};

/** How a call went. Without an error the payload is JSON text, or empty after a streamed reply. */
export type CallResult = {
  requestId: string;
  payload: string;
  error?: LambdaError;
  report: InvocationReport;
  logTail: string;
};

export type EnvironmentOptions = {
  fn: LambdaFunction;
  /** What to run as the runtime. */
  command: string[];
  limiter: MemoryLimiter;
  records: EnvironmentRecords;
  log: InvocationLog;
  /** Called once, when the process has ended. */
  onEnd(): void;
};

const mebibyte = 1024 * 1024;
/** Lambda's bound on starting up; slow functions may take as long as one of their calls. */
const minInitSeconds = 10;
const tmpCheckIntervalMs = 1000;

/** One process tree that runs one function, one call at a time. `start` it before the first call. */
export class ExecutionEnvironment {
  readonly #options: EnvironmentOptions;
  readonly #id: string;
  readonly #api: RuntimeApi;
  readonly #group: MemoryGroup;
  readonly #tmpFolder: string;
  readonly #startedMs = performance.now();
  readonly #ended = Promise.withResolvers<Ending>();
  /** Resolves when the runtime has asked for its first event, or has ended without. */
  readonly started: Promise<void>;
  /** Resolves when process, group, folder and record are gone. */
  readonly closed: Promise<void>;
  #child: RuntimeProcess | undefined;
  #watch: MemoryWatch | undefined;
  #ready = Promise.withResolvers<undefined>();
  #answer: RuntimeAnswer | undefined;
  #ending: Ending | undefined;
  #initMs: number | undefined;
  #calls = 0;
  readonly #started = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();

  constructor(options: EnvironmentOptions) {
    const { fn, limiter, records } = options;
    this.#options = options;
    this.#id = `halfgig-${fn.name}-${randomUUID().slice(0, 13)}`;
    this.started = this.#started.promise;
    this.closed = this.#closed.promise;
    this.#group = limiter.create(this.#id, fn.memoryMB * mebibyte);
    records.write(this.#id, this.#group.path);
    this.#tmpFolder = records.createTmp(this.#id);
    this.#api = new RuntimeApi({
      onNext: () => {
        this.#initMs ??= performance.now() - this.#startedMs;
        this.#ready.resolve(undefined);
        this.#started.resolve();
      },
      onAnswer: (answer) => {
        this.#answer = answer;
      },
      onInitError: (error) => this.end(initFailed(error)),
    });
  }

  /** Starts the process. @throws when that is impossible; nothing is left behind */
  async start(): Promise<void> {
    const { fn, command, log, records } = this.#options;
    try {
      const environment = environmentVariables(fn, {
        runtimeApi: await this.#api.listen(),
        tmpFolder: this.#tmpFolder,
        logStream: `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${this.#id}`,
        nodeFolder: dirname(command[0] ?? ""),
      });
      const child = startRuntime({
        command,
        cwd: fn.taskRoot,
        environment,
        ...(this.#group.entryFile ? { entryFile: this.#group.entryFile } : {}),
      });
      this.#child = child;
      records.write(this.#id, this.#group.path, child.pid);
      const output = Promise.all([log.copy(child.stdout), log.copy(child.stderr)]);
      child.once("exit", (code, signal) => void this.#onExit(code, signal, output));
      this.#watch = new MemoryWatch(child.pid, this.#group, (verdict) => this.end(outOfMemory(fn, verdict)));
    } catch (error) {
      await this.#cleanUp();
      throw error;
    }
  }

  /** Whether the environment can take another call. */
  get isAlive(): boolean {
    return this.#ending === undefined && this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Resident memory of the process tree, MiB; 0 before its start and after its end. */
  get rssMiB(): number {
    return this.isAlive && this.#child ? treeRssMiB(this.#child.pid) : 0;
  }

  /** Ends it as the kernel would, for a limit that holds more than this environment. */
  endForMemory(why: string): void {
    this.end(outOfSharedMemory(this.#options.fn, why));
  }

  /** Kills the process tree; the first reason given is the one that is reported. */
  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#kill();
  }

  /** Asks the process tree to end and kills what is left after the grace period. */
  async stop(ending: Ending, graceMs: number): Promise<void> {
    this.#ending ??= ending;
    if (this.#child) signalGroup(this.#child.pid, "SIGTERM");
    const timer = setTimeout(() => this.#kill(), graceMs);
    await this.closed;
    clearTimeout(timer);
  }

  /** Runs one call. Never rejects: a call that fails carries the error. */
  async run(call: Call): Promise<CallResult> {
    const { fn, log } = this.#options;
    const coldStart = this.#calls++ === 0;
    this.#answer = undefined;
    this.#watch?.setBusy(true);
    if (!coldStart) this.#watch?.resetPeak();
    log.start(call.requestId);
    const initSeconds = Math.max(minInitSeconds, fn.timeoutSeconds);
    let ending = await this.#within(initSeconds);
    const startedAt = new Date();
    const startedMs = performance.now();
    if (!ending) {
      if (!this.#deliver(call, startedAt)) this.#kill();
      ending = await this.#within(fn.timeoutSeconds);
    }
    const durationMs = performance.now() - startedMs;
    if (!ending && (await this.#isTmpFull())) {
      this.end(tmpQuotaExceeded(fn));
      ending = await this.#ended.promise;
    }
    const peakRssMiB = this.#watch?.peakRssMiB() ?? 0;
    this.#watch?.setBusy(false);
    const { payload, error } = this.#conclude(ending, call.requestId);
    const outcome = error ? (ending?.errorType === error.errorType ? ending.outcome : "error") : "ok";
    const report: InvocationReport = {
      functionName: fn.name,
      requestId: call.requestId,
      ...(call.executionName === undefined ? {} : { executionName: call.executionName }),
      startedAt: startedAt.toISOString(),
      coldStart,
      initMs: coldStart ? (this.#initMs ?? startedMs - this.#startedMs) : 0,
      durationMs,
      memoryMB: fn.memoryMB,
      // The kernel kills between two readings, at the limit.
      peakRssMiB: outcome === "oom" ? Math.max(peakRssMiB, fn.memoryMB) : peakRssMiB,
      outcome,
      ...(error ? { errorType: error.errorType } : {}),
    };
    // What the process wrote before it asked for the next event is in the pipe, and belongs to this call.
    await new Promise(setImmediate);
    if (error && ending) log.note(error.errorMessage);
    const metrics = log.takeMetrics();
    if (metrics) report.metrics = metrics;
    log.end(report);
    return { requestId: call.requestId, payload, ...(error ? { error } : {}), report, logTail: log.tail() };
  }

  /** @returns false when the runtime has gone away while it was idle */
  #deliver(call: Call, startedAt: Date): boolean {
    const { fn } = this.#options;
    this.#ready = Promise.withResolvers();
    return this.#api.deliver({
      requestId: call.requestId,
      payload: call.payload,
      deadlineMs: startedAt.getTime() + fn.timeoutSeconds * 1000,
      functionArn: functionArn(fn.name, fn.environment.AWS_REGION),
      ...(call.clientContext === undefined ? {} : { clientContext: call.clientContext }),
      ...(call.onStream ? { onStream: call.onStream } : {}),
      ...(call.hangUp ? { hangUp: true } : {}),
    });
  }

  /** Waits for the runtime to ask for an event. @returns the environment's ending, if that came first */
  async #within(seconds: number): Promise<Ending | undefined> {
    const { fn } = this.#options;
    const timer = setTimeout(() => this.end(timedOut(seconds)), seconds * 1000);
    let counting = false;
    const tmpTimer = setInterval(async () => {
      if (counting) return;
      counting = true;
      if (await this.#isTmpFull()) this.end(tmpQuotaExceeded(fn));
      counting = false;
    }, tmpCheckIntervalMs);
    try {
      return await Promise.race([this.#ended.promise, this.#ready.promise]);
    } finally {
      clearTimeout(timer);
      clearInterval(tmpTimer);
    }
  }

  async #isTmpFull(): Promise<boolean> {
    const quotaBytes = this.#options.fn.tmpMB * mebibyte;
    return (await folderUsageBytes(this.#tmpFolder, quotaBytes).catch(() => 0)) > quotaBytes;
  }

  /** What the caller gets: the runtime's answer, or the error that stands in for it. */
  #conclude(ending: Ending | undefined, requestId: string): { payload: string; error?: LambdaError } {
    const answer = this.#answer;
    // A runtime that answers and then ends, as it does after an uncaught error, has still answered.
    if (answer && (!ending || ending.errorType === "Runtime.ExitError")) {
      if (answer.kind === "error") return { payload: "", error: new LambdaError(requestId, answer.error) };
      return { payload: answer.kind === "response" ? answer.payload.toString("utf8") : "" };
    }
    return { payload: "", error: new LambdaError(requestId, endingBody(ending ?? noResponse, requestId)) };
  }

  #kill(): void {
    this.#group.kill();
    if (this.#child) signalGroup(this.#child.pid, "SIGKILL");
  }

  async #onExit(code: number | null, signal: NodeJS.Signals | null, output: Promise<unknown>): Promise<void> {
    const { fn, log, onEnd } = this.#options;
    onEnd();
    const killedForMemory = this.#watch?.kernelKilled() ?? false;
    this.#kill();
    // A stray process may hold the pipes open; its words are not waited for.
    await Promise.race([output, sleep(500, undefined, { ref: false })]);
    if (killedForMemory) this.#ending ??= outOfMemory(fn, "killed");
    this.#ending ??= exited(fn, code, signal, log.tail());
    this.#watch?.[Symbol.dispose]();
    this.#ended.resolve(this.#ending);
    await this.#cleanUp();
  }

  async #cleanUp(): Promise<void> {
    this.#started.resolve();
    this.#api.close();
    if (!this.#group.path) killStrays(this.#tmpFolder);
    await this.#group.remove();
    this.#options.records.remove(this.#id);
    this.#closed.resolve();
  }
}
