import type { Readable } from "node:stream";
import type { Partition } from "./arns.ts";
import type { Clock } from "./clock.ts";
import type { HistoryEvent } from "./history.ts";
import type { Journal } from "./journal/journal.ts";
import type { JournalRecord } from "./journal/record.ts";

/** What a Lambda function's caller knows about the task it works for. */
export type TaskContext = {
  executionArn: string;
  executionName: string;
  stateName: string;
  /** Aborts when the task timed out, was cancelled, or the host closes. */
  signal: AbortSignal;
  /** Tells the interpreter that the task is alive (`HeartbeatSeconds`). */
  heartbeat(): void;
};

export type StoredObject = { Key: string; Size: number; ETag: string; LastModified: string };

/** The object storage that ItemReader and ResultWriter use. */
export type ObjectStore = {
  get(bucket: string, key: string): Promise<Readable>;
  put(bucket: string, key: string, body: string): Promise<void>;
  list(bucket: string, prefix: string): AsyncIterable<StoredObject>;
};

/**
 * Invokes a Lambda function by name or ARN. Rejects with an error whose `errorType` and `errorMessage` (or `name` and
 * `message`) become the task's Error and Cause.
 */
export type Invoke = (functionName: string, payload: unknown, context: TaskContext) => Promise<unknown>;

export type MapRunEntry = { arn: string; uuid: string; execution: string; attempt: string };

/** What one execution of a state machine needs from the host around it. */
export type ExecutionHost = {
  clock: Clock;
  partition: Partition;
  invoke: Invoke;
  objects: ObjectStore;
  journal: Journal<JournalRecord>;
  journalPath: string;
  /** Cap for every Map. */
  maxConcurrency: number;
  onEvent?: (event: { executionArn: string; event: HistoryEvent }) => void;
  onMapRun(entry: MapRunEntry): void;
};
