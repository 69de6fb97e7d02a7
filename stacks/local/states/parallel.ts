import { LinkedAbort } from "./abort.ts";
import type { ParallelState, StateMachine } from "./definition/types.ts";
import { Interruption, StatesError, toStatesError } from "./errors.ts";
import type { EventBody } from "./history.ts";
import type { ScopeSnapshot } from "./journal/replay.ts";
import type { Json } from "./json.ts";
import { type Frame, runMachine } from "./machine.ts";
import { payloadText } from "./payload.ts";
import { Scope, type ScopeOptions } from "./scope.ts";
import { type ScopeKind, scopeKey } from "./scope-key.ts";
import type { Step } from "./step.ts";

/** Runs a Parallel: every branch gets the same input, the result is the array of their outputs. */
export async function runParallel(step: Step<ParallelState>): Promise<Json> {
  const { state, scope, signal } = step;
  const input = state.Arguments === undefined ? step.input : await step.evaluate("Arguments", state.Arguments);
  payloadText(input, `The input of the branches of '${step.name}'`);
  announce(step, { type: "ParallelStateStarted" });
  failAgain(scope.snapshot, step, { type: "ParallelStateFailed" });

  using abort = new LinkedAbort(signal);
  const failures: StatesError[] = [];
  const run = async (machine: StateMachine, index: number) => {
    try {
      return await runInner(step, { kind: "b", index, machine, input, signal: abort.signal });
    } catch (thrown) {
      noteFailure(thrown, failures, abort);
      return null;
    }
  };
  const outputs = await Promise.all(state.Branches.map(run));
  if (signal.aborted) throw signal.reason;
  concludeInner(step, failures, { type: "ParallelStateFailed" }, { type: "ParallelStateSucceeded" });
  return outputs;
}

/** Says once per attempt that the inner scopes begin. */
export function announce(step: Step, event: EventBody): void {
  if (!step.entered.announced) step.scope.commit({}, event);
  step.entered.announced = true;
}

/** After a crash: an inner scope had failed already, so the others are not run at all. */
export function failAgain(snapshot: ScopeSnapshot | undefined, step: Step, failed: EventBody): void {
  const ended = snapshot?.failedChild;
  if (!ended) return;
  step.scope.note(failed);
  throw new StatesError(ended.error, ended.cause);
}

/** The first failure counts; it stops the other inner scopes, whose interruption is no failure of their own. */
export function noteFailure(thrown: unknown, failures: StatesError[], abort: LinkedAbort): void {
  if (abort.signal.aborted) return;
  failures.push(toStatesError(thrown));
  abort.abort(new Interruption("sibling_failed"));
}

export function concludeInner(step: Step, failures: StatesError[], failed: EventBody, succeeded: EventBody): void {
  step.scope.note(failures.length > 0 ? failed : succeeded);
  if (failures[0]) throw failures[0];
}

type Inner = {
  kind: ScopeKind;
  index: number;
  machine: StateMachine;
  input: Json;
  signal: AbortSignal;
  context?: ScopeOptions["context"];
  frame?: Frame & { failing?: EventBody };
};

/** Runs a branch or an iteration, unless the journal has its output already. */
export async function runInner(step: Step, inner: Inner): Promise<Json> {
  const { scope } = step;
  const key = scopeKey(step.attempt, inner.kind, inner.index);
  const snapshot = scope.snapshot?.children.get(key.split("/").at(-1)!);
  if (snapshot?.ended) return JSON.parse(snapshot.output ?? "null") as Json;
  const child = new Scope(scope.execution, {
    key,
    outerVariables: scope.variables(),
    context: { ...scope.context, ...inner.context },
    lastEventId: scope.lastEventId,
    snapshot,
  });
  try {
    return await runMachine(child, inner.machine, structuredClone(inner.input), inner.signal, inner.frame);
  } catch (thrown) {
    if (inner.signal.aborted) throw thrown;
    const { error, causeText: cause } = toStatesError(thrown);
    const failing = inner.frame?.failing ? [inner.frame.failing] : [];
    child.commit({ ended: { status: "FAILED", error, cause } }, ...failing);
    throw thrown;
  } finally {
    scope.lastEventId = child.lastEventId;
  }
}
