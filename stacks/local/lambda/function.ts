import type { Readable } from "node:stream";

/** One function of the host: its bundle, its allocation and its own environment. Sizes are MiB, as in Lambda's settings. */
export type LambdaFunction = {
  name: string;
  /** Folder of the built bundle; the working directory of its processes. */
  taskRoot: string;
  /** `file.export`, as Lambda's handler setting. */
  handler: string;
  /** Limit for the whole process tree of one execution environment. */
  memoryMB: number;
  /** Bound of the JavaScript heap, with a young generation as small as V8 knows. Absent: nine tenths of the allocation, as on Lambda. */
  heapMB?: number;
  timeoutSeconds: number;
  /** Quota of the environment's own temporary folder. */
  tmpMB: number;
  environment: Record<string, string>;
  /** Reserved concurrency: further calls wait in a first-in first-out queue. Absent: no bound. */
  concurrency?: number;
  /** The name of the room (`LambdaHostOptions.rooms`) whose memory its environments share with those of other functions. */
  room?: string;
  /** The handler answers through a response stream. */
  streaming?: boolean;
};

/** What one invocation cost and how it ended: the host's REPORT line as data. */
export type InvocationReport = {
  functionName: string;
  requestId: string;
  executionName?: string;
  /** ISO 8601, when the event was handed to the runtime (or the start failed). */
  startedAt: string;
  coldStart: boolean;
  /** From starting the process to its first request for an event; 0 on a warm start. */
  initMs: number;
  durationMs: number;
  memoryMB: number;
  /** Largest resident memory of the whole process tree during this invocation. */
  peakRssMiB: number;
  /** Sums of what the function reported in CloudWatch's embedded metric format, by name. */
  metrics?: Record<string, number>;
  outcome: "ok" | "error" | "timeout" | "oom" | "exit";
  errorType?: string;
};

/** A streamed reply: the head arrives with the first byte, the body as the handler writes it. */
export type StreamedResponse = {
  contentType: string;
  /** Status, headers and cookies, when the handler used `awslambda.HttpResponseStream.from`. */
  prelude?: Record<string, unknown>;
  body: Readable;
};

/** How long a caller stays in line. A call that has begun is never taken back. */
export type Patience = {
  /** Where so many calls of the function wait already, this one is refused at once. */
  mostWaiting: number;
  /** How long it waits to begin, milliseconds. */
  waitMs: number;
  /** Aborted when the caller has gone: a call that has not begun leaves the line. */
  gone?: AbortSignal;
};

export type InvokeOptions = {
  /** Aborting takes a waiting call out of the queue; a running one loses its execution environment. */
  signal?: AbortSignal;
  /** The workflow execution on whose behalf the call is made; it only shows up in the report. */
  executionName?: string;
  /** Without it a call waits in line for as long as it takes. */
  patience?: Patience;
  /** A runtime whose streamed reply is not read to its end is told so; otherwise, as on Lambda, it writes on for nobody. */
  hangUp?: boolean;
};

/** The request side of Lambda's synchronous payload limit, bytes. */
export const maxRequestBytes = 6_291_456;
/** The response side: Lambda allows a hundred bytes more for its own envelope. */
export const maxResponseBytes = 6_291_556;
/** Limit of an asynchronous (Event) invocation, bytes. */
export const maxEventBytes = 1_048_576;
