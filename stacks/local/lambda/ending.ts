import type { FunctionErrorBody } from "./errors.ts";
import type { InvocationReport, LambdaFunction } from "./function.ts";
import type { MemoryVerdict } from "./memory/index.ts";

/** Why an execution environment ended, and what that means to the invocation it was working on. */
export type Ending = {
  outcome: Exclude<InvocationReport["outcome"], "ok">;
  errorType: string;
  /** The sentence behind `RequestId: … Error: `, or the whole message where the runtime gave one. */
  message: string;
  /** The runtime's own words: no request id in front. */
  verbatim?: boolean;
  trace?: string[];
};

/** How Go, in which Lambda's supervisor is written, names the signals; callers match on these texts. */
const signalNames: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: "killed",
  SIGABRT: "aborted",
  SIGSEGV: "segmentation fault",
  SIGBUS: "bus error",
  SIGILL: "illegal instruction",
  SIGTERM: "terminated",
  SIGTRAP: "trace/breakpoint trap",
};

const heapMessage = /JavaScript heap out of memory|Zone Allocation failed|OOM error in V8/;

export function timedOut(seconds: number): Ending {
  return {
    outcome: "timeout",
    errorType: "Sandbox.Timedout",
    message: `Task timed out after ${seconds.toFixed(2)} seconds`,
  };
}

export function outOfMemory(fn: LambdaFunction, verdict: MemoryVerdict): Ending {
  const what = {
    killed: `${fn.name} was killed at its memory limit of ${fn.memoryMB} MB`,
    over: `${fn.name} was killed above its memory limit of ${fn.memoryMB} MB`,
    thrashing: `${fn.name} was killed because it thrashed at its memory limit of ${fn.memoryMB} MB: its code was evicted as fast as it was read`,
  }[verdict];
  return {
    outcome: "oom",
    errorType: "Runtime.OutOfMemory",
    message: `Runtime exited with error: signal: killed (${what}. Give it more memory, or less to do)`,
  };
}

/** A limit that holds more than one environment was exceeded, and this one was chosen to end. */
export const outOfSharedMemory = (fn: LambdaFunction, why: string): Ending => ({
  outcome: "oom",
  errorType: "Runtime.OutOfMemory",
  message: `Runtime exited with error: signal: killed (${why}, and ${fn.name} had most of it. Give the service more memory, or less to do)`,
});

export function tmpQuotaExceeded(fn: LambdaFunction): Ending {
  return {
    outcome: "exit",
    errorType: "Sandbox.TmpQuotaExceeded",
    message: `${fn.name} was stopped because its temporary folder grew over ${fn.tmpMB} MB. Remove files as soon as they are done with, or raise the function's storage`,
  };
}

export const stopped = (fn: LambdaFunction): Ending => ({
  outcome: "exit",
  errorType: "Sandbox.Stopped",
  message: `${fn.name} was stopped because its host is shutting down`,
});

export const aborted = (fn: LambdaFunction): Ending => ({
  outcome: "exit",
  errorType: "Sandbox.Aborted",
  message: `${fn.name} was stopped because its caller gave up`,
});

/** A runtime that breaks the protocol. */
export const noResponse: Ending = {
  outcome: "error",
  errorType: "Runtime.NoResponse",
  message: "the runtime asked for its next event without having answered this one",
};

export const initFailed = (error: FunctionErrorBody): Ending => ({
  outcome: "error",
  errorType: error.errorType,
  message: error.errorMessage,
  verbatim: true,
  ...(error.trace ? { trace: error.trace } : {}),
});

/** The runtime's process ended by itself. `lastWords` is the end of its output. */
export function exited(
  fn: LambdaFunction,
  code: number | null,
  signal: NodeJS.Signals | null,
  lastWords: string,
): Ending {
  // V8 ends the process itself when the heap is full; to the caller that is one more way of being out of memory.
  if (heapMessage.test(lastWords) && code !== 0) {
    return {
      outcome: "oom",
      errorType: "Runtime.OutOfMemory",
      message: `Runtime exited with error: signal: aborted (the JavaScript heap of ${fn.name} reached its limit within ${fn.memoryMB} MB. Give it more memory, or less to do)`,
    };
  }
  const reason = signal ? `signal: ${signalNames[signal] ?? signal}` : `exit status ${code}`;
  return {
    outcome: "exit",
    errorType: "Runtime.ExitError",
    message: code === 0 ? "Runtime exited without providing a reason" : `Runtime exited with error: ${reason}`,
  };
}

/** The error document for the invocation that the ending hit. */
export function endingBody(ending: Ending, requestId: string): FunctionErrorBody {
  return {
    errorType: ending.errorType,
    errorMessage: ending.verbatim ? ending.message : `RequestId: ${requestId} Error: ${ending.message}`,
    ...(ending.trace ? { trace: ending.trace } : {}),
  };
}
