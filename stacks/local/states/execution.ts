import { expireAfter } from "./clock.ts";
import type { StateMachine } from "./definition/types.ts";
import { Interruption, toStatesError } from "./errors.ts";
import { type EventBody, executionStarted, executionSucceeded, failure } from "./history.ts";
import type { ExecutionHost } from "./host.ts";
import type { Ended } from "./journal/record.ts";
import type { Replay } from "./journal/replay.ts";
import type { Json } from "./json.ts";
import { runMachine } from "./machine.ts";
import { payloadText } from "./payload.ts";
import { ExecutionIdentity, roleArn, Scope } from "./scope.ts";

/** A running execution of a state machine. */
export class Execution {
  readonly identity: ExecutionIdentity;
  readonly inputText: string;
  readonly #definition: StateMachine;
  readonly #scope: Scope;
  readonly #abort = new AbortController();
  /** Where TimeoutSeconds begin. */
  readonly #runsSinceMs: number;

  private constructor(identity: ExecutionIdentity, definition: StateMachine, scope: Scope, runsSinceMs: number) {
    this.#runsSinceMs = runsSinceMs;
    this.identity = identity;
    this.inputText = JSON.stringify(identity.input);
    this.#definition = definition;
    this.#scope = scope;
  }

  /** Writes the first line of a new execution's journal. */
  static begin(
    host: ExecutionHost,
    start: { machine: string; name: string; definition: StateMachine; input: Json; startDate: string },
  ): Execution {
    const { machine, name, definition, input, startDate } = start;
    const identity = new ExecutionIdentity(host, { machine, name, input, startedAt: startDate });
    const scope = new Scope(identity, { key: "", startsAt: startDate });
    const started = { arn: identity.arn, machine, name, definition };
    scope.commit({ started }, executionStarted(JSON.stringify(input), roleArn(host)));
    return new Execution(identity, definition, scope, Date.parse(startDate));
  }

  /** Takes up an execution where its journal ends. Its time begins anew: a host that was off for a night is no slow job. */
  static resume(
    host: ExecutionHost,
    { started, root }: Replay & { started: NonNullable<Replay["started"]> },
  ): Execution {
    const { machine, name, definition } = started;
    const identity = new ExecutionIdentity(host, {
      machine,
      name,
      input: JSON.parse(root.executionInput) as Json,
      startedAt: root.startedAt,
      eventCount: root.eventCount,
    });
    return new Execution(identity, definition, new Scope(identity, { key: "", snapshot: root }), host.clock.now());
  }

  /** When the end was written, after `run`. */
  get stoppedAt(): string {
    return this.#scope.committedAt;
  }

  /** Interrupts the execution; `run` settles soon after. */
  interrupt(reason: Interruption): void {
    this.#abort.abort(reason);
  }

  /**
   * Runs to the end and writes it down.
   * @returns how it ended; `undefined` when it was suspended and can be resumed.
   * @throws MediaError `storage.unavailable` when the journal cannot be written.
   */
  async run(): Promise<Ended | undefined> {
    const { clock, journal } = this.identity.host;
    const { TimeoutSeconds } = this.#definition;
    using _timeout =
      TimeoutSeconds === undefined
        ? undefined
        : expireAfter(clock, this.#runsSinceMs + TimeoutSeconds * 1000 - clock.now(), () =>
            this.interrupt(
              new Interruption("timed_out", "States.Timeout", `The execution ran longer than ${TimeoutSeconds} s.`),
            ),
          );
    let ended: Ended | undefined;
    try {
      payloadText(this.identity.input, "The execution's input");
      await runMachine(this.#scope, this.#definition, this.identity.input, this.#abort.signal, {
        closing: (output) => [executionSucceeded(output)],
      });
      ended = { status: "SUCCEEDED" };
    } catch (thrown) {
      ended = endOf(thrown);
      if (!ended) return undefined;
      this.#scope.commit({ ended }, endEvent(ended));
    }
    await journal.flush();
    return ended;
  }
}

function endOf(thrown: unknown): Ended | undefined {
  if (thrown instanceof Interruption) {
    if (thrown.kind === "suspended") return undefined;
    const status = thrown.kind === "timed_out" ? "TIMED_OUT" : "ABORTED";
    return { status, error: thrown.error, cause: thrown.causeText };
  }
  const { error, causeText } = toStatesError(thrown);
  return { status: "FAILED", error, cause: causeText };
}

export function endEvent({ status, error, cause }: Ended): EventBody {
  const details = failure(error, cause);
  switch (status) {
    case "TIMED_OUT":
      return { type: "ExecutionTimedOut", executionTimedOutEventDetails: details };
    case "ABORTED":
      return { type: "ExecutionAborted", executionAbortedEventDetails: details };
    default:
      return { type: "ExecutionFailed", executionFailedEventDetails: details };
  }
}
