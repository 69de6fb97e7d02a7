import { buckets, executionEnds } from "../../app/index.ts";
import { bucketName, stateMachineArn } from "../environment.ts";
import type { AsyncInvoker } from "../lambda/index.ts";
import type { ObjectEvent } from "../s3/index.ts";
import type { ExecutionEnd } from "../states/index.ts";

/** Between the attempts at an event: at first as soon as a person who watches would want it, in all longer than Lambda's two, without a dead-letter queue behind them. */
export const retryDelaysMs = [1000, 5000, 20_000, 60_000, 300_000] as const;

/** What the buckets and the state machine tell functions of; each in the form that it has on AWS. */
export class Events {
  /** Nobody to deliver to, before the functions are there: the sweep at a start finds what was missed. */
  invoker: AsyncInvoker | undefined;
  readonly #notice: (line: string) => void;

  constructor(notice: (line: string) => void) {
    this.#notice = notice;
  }

  /** S3's ObjectCreated events go to the function that the bucket's description names. An event that cannot be taken is found by a later sweep. */
  ofObject(event: ObjectEvent): void {
    const notify = buckets.find((bucket) => bucketName(bucket.name) === event.bucket)?.notify;
    const { key } = event.record.s3.object;
    if (!event.eventName.startsWith("ObjectCreated:") || !notify || !key.startsWith(notify.prefix)) return;
    void this.#deliver(
      notify.function,
      { Records: [event.record] },
      (reason) => `an S3 event could not be taken (${reason}); a later start finds the upload`,
    );
  }

  /**
   * EventBridge's event of an execution that did not succeed. The definition's own Fail state reports what a Catch can see; this covers the ends that it cannot.
   * @returns whether it was handled: what could not be is told of at the next start; undefined where there is nothing to tell
   */
  ofExecution(end: ExecutionEnd): Promise<boolean> | undefined {
    if (end.status === "SUCCEEDED") return undefined;
    const { executionArn, name, status, error, cause } = end;
    const detail = { executionArn, stateMachineArn, name, status, error, cause };
    const event = { source: "aws.states", "detail-type": "Step Functions Execution Status Change", detail };
    return this.#deliver(
      executionEnds.function,
      event,
      (reason) => `the end of ${name} could not be told of (${reason}); the next start does it`,
    );
  }

  /** @param refused what is said of an event for which there is no room */
  #deliver(functionName: string, event: object, refused: (reason: string) => string): Promise<boolean> | undefined {
    try {
      return this.invoker?.enqueue(functionName, JSON.stringify(event));
    } catch (error) {
      this.#notice(refused(String(error)));
      return Promise.resolve(false);
    }
  }
}
