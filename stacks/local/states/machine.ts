import { sleepUntil } from "./clock.ts";
import type { ChoiceRule, ChoiceState, State, StateMachine } from "./definition/types.ts";
import { Interruption, type StatesError, toStatesError } from "./errors.ts";
import { type EventBody, stateEntered, stateExited } from "./history.ts";
import type { Ended } from "./journal/record.ts";
import type { ResumedState } from "./journal/replay.ts";
import type { Json, JsonObject } from "./json.ts";
import { payloadText } from "./payload.ts";
import { decideRetry, findCatcher } from "./retry.ts";
import type { Scope } from "./scope.ts";
import { attemptState } from "./states.ts";
import { Step } from "./step.ts";

/** What is recorded around a scope's states: the events before the first and after the last one. */
export type Frame = {
  opening?: EventBody[];
  closing?: (output: string) => EventBody[];
  ended?: Partial<Ended>;
};

/** What a state made of its result: where to go, with what. `next` undefined ends the scope. */
type Transition = { output: Json; assigned: JsonObject; next: string | undefined };

/**
 * Runs a list of states from StartAt to an End, or from where the scope's snapshot says. Every transition is one line
 * in the journal, so a state that was left is never run again.
 * @returns the last state's output.
 * @throws StatesError when a state fails and nothing catches it; Interruption when the signal aborts.
 */
export async function runMachine(
  scope: Scope,
  machine: StateMachine,
  input: Json,
  signal: AbortSignal,
  frame: Frame = {},
): Promise<Json> {
  let current = scope.resumedState() ?? enter(scope, machine, machine.StartAt, input, frame.opening ?? []);
  for (;;) {
    if (signal.aborted) throw signal.reason;
    const state = machine.States[current.name]!;
    const step = new Step(scope, state, current, signal);
    const { output, assigned, next } = await runState(step);
    const text = payloadText(output, `The output of the state '${current.name}'`);
    const assignedTexts = Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)]);
    const variables = assignedTexts.length > 0 ? Object.fromEntries(assignedTexts) : undefined;
    const exited = state.Type === "Fail" ? [] : [stateExited(state.Type, current.name, text, variables)];
    scope.assign(assigned);
    scope.visit += 1;
    if (next === undefined) {
      const ended = { status: "SUCCEEDED" as const, ...frame.ended };
      scope.commit({ ended }, ...exited, ...(frame.closing?.(text) ?? []));
      return output;
    }
    current = enter(scope, machine, next, output, exited);
  }
}

function enter(scope: Scope, machine: StateMachine, name: string, input: Json, before: EventBody[]): ResumedState {
  const text = payloadText(input, `The input of the state '${name}'`);
  scope.commit({}, ...before, stateEntered(machine.States[name]!.Type, name, text));
  return {
    name,
    input,
    enteredAt: scope.committedAt,
    enteredEventId: scope.lastEventId,
    retries: { perRetrier: [], total: 0 },
    announced: false,
  };
}

/** Attempts a state until it succeeds, a catcher takes its error, or it fails. */
async function runState(step: Step): Promise<Transition> {
  const { entered, state, scope, signal } = step;
  for (;;) {
    try {
      // A retry's delay that a crash interrupted; a Wait's own deadline is the Wait's business.
      if (state.Type !== "Wait" && entered.wakeAtMs !== undefined) {
        await sleepUntil(scope.host.clock, entered.wakeAtMs, signal);
        entered.wakeAtMs = undefined;
      }
      return await complete(step);
    } catch (thrown) {
      if (signal.aborted) {
        scope.dropNotes();
        throw signal.reason;
      }
      if (thrown instanceof Interruption) throw thrown;
      const failure = toStatesError(thrown);
      if (retry(step, failure)) continue;
      return await handle(step, failure);
    }
  }
}

/** One attempt, and what Assign and Output make of its result. */
async function complete(step: Step): Promise<Transition> {
  const { state } = step;
  const { result, choice } = await attemptState(step);
  if (state.Type === "Choice") return await take(step, state, choice);
  const extra: JsonObject = result === undefined ? {} : { result };
  const assigned = await assign(step, state.Assign, extra);
  const output =
    state.Output === undefined ? (result ?? step.input) : await step.evaluate("Output", state.Output, extra);
  payloadText(output, `The output of the state '${step.name}'`);
  return { output, assigned, next: nextOf(state) };
}

async function take(step: Step, state: ChoiceState, choice: ChoiceRule | undefined): Promise<Transition> {
  // The state's own Assign and Output are those of the default.
  const source = choice ?? state;
  const assigned = await assign(step, source.Assign, {});
  const output = source.Output === undefined ? step.input : await step.evaluate("Output", source.Output);
  return { output, assigned, next: choice?.Next ?? state.Default };
}

async function assign(step: Step, template: JsonObject | undefined, extra: JsonObject): Promise<JsonObject> {
  if (!template) return {};
  const values = (await step.evaluate("Assign", template, extra)) as JsonObject;
  payloadText(values, `What the state '${step.name}' assigns`);
  return values;
}

function nextOf(state: State): string | undefined {
  return "Next" in state ? state.Next : undefined;
}

function retry(step: Step, failure: StatesError): boolean {
  const { entered, state, scope } = step;
  const decision = decideRetry("Retry" in state ? state.Retry : undefined, failure, state.Type, entered.retries);
  if (!decision) return false;
  const wakeAtMs = scope.host.clock.now() + decision.delayMs;
  scope.commit({ retry: decision.counts, wakeAtMs });
  entered.retries = decision.counts;
  entered.wakeAtMs = wakeAtMs;
  entered.announced = false;
  entered.mapRun = undefined;
  scope.snapshot?.children.clear();
  if (scope.snapshot) scope.snapshot.failedChild = undefined;
  return true;
}

async function handle(step: Step, failure: StatesError): Promise<Transition> {
  const { state } = step;
  const catcher = findCatcher("Catch" in state ? state.Catch : undefined, failure, state.Type);
  if (!catcher) throw failure;
  const errorOutput = { Error: failure.error ?? "", Cause: failure.causeText ?? "" };
  const assigned = await assign(step, catcher.Assign, { errorOutput });
  const output =
    catcher.Output === undefined ? errorOutput : await step.evaluate("Catch/Output", catcher.Output, { errorOutput });
  return { output, assigned, next: catcher.Next };
}
