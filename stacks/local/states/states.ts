import { sleepUntil } from "./clock.ts";
import type { ChoiceRule, ChoiceState, FailState, State, WaitState } from "./definition/types.ts";
import { StatesError } from "./errors.ts";
import type { Json } from "./json.ts";
import { runMap } from "./map/map.ts";
import { runParallel } from "./parallel.ts";
import type { Step } from "./step.ts";
import { runTask } from "./task.ts";

/** What one attempt of a state yields: `$states.result` where the state has one, and the rule that a Choice took. */
export type Attempt = { result?: Json; choice?: ChoiceRule };

export async function attemptState(step: Step): Promise<Attempt> {
  switch (step.state.Type) {
    case "Task":
      return { result: await runTask(step as Step<typeof step.state>) };
    case "Map":
      return { result: await runMap(step as Step<typeof step.state>) };
    case "Parallel":
      return { result: await runParallel(step as Step<typeof step.state>) };
    case "Wait":
      await wait(step as Step<WaitState>);
      return {};
    case "Choice":
      return await choose(step as Step<ChoiceState>);
    case "Fail":
      return await fail(step as Step<FailState>);
    case "Pass":
    case "Succeed":
      return {};
    default:
      throw new StatesError("States.Runtime", `the state type '${(step.state as State).Type}' is unknown`);
  }
}

async function wait(step: Step<WaitState>): Promise<void> {
  const { scope, entered, signal } = step;
  if (entered.wakeAtMs === undefined) {
    entered.wakeAtMs = await wakeTime(step);
    // Recorded, so that a resumed execution keeps to the deadline whatever the expression would say then.
    scope.commit({ wakeAtMs: entered.wakeAtMs });
  }
  await sleepUntil(scope.host.clock, entered.wakeAtMs, signal);
}

async function wakeTime(step: Step<WaitState>): Promise<number> {
  const { Seconds, Timestamp } = step.state;
  if (Seconds !== undefined) {
    return Date.parse(step.entered.enteredAt) + (await step.number("Seconds", Seconds, 0)) * 1000;
  }
  const text = await step.evaluate("Timestamp", Timestamp ?? "");
  const atMs = typeof text === "string" ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw new StatesError(
      "States.QueryEvaluationError",
      `The field 'Timestamp' of the state '${step.name}' must be an RFC 3339 timestamp; it is ${JSON.stringify(text)}.`,
    );
  }
  return atMs;
}

async function choose(step: Step<ChoiceState>): Promise<Attempt> {
  const { Choices, Default } = step.state;
  for (const [index, rule] of Choices.entries()) {
    const location = `Choices/${index}/Condition`;
    const taken = await step.evaluate(location, rule.Condition);
    if (typeof taken !== "boolean") {
      throw new StatesError(
        "States.QueryEvaluationError",
        `The field '${location}' of the state '${step.name}' must be a boolean; it is ${JSON.stringify(taken)}.`,
      );
    }
    if (taken) return { choice: rule };
  }
  if (Default === undefined) {
    throw new StatesError(
      "States.NoChoiceMatched",
      `No rule of the Choice '${step.name}' holds, and it has no Default.`,
    );
  }
  return {};
}

async function fail(step: Step<FailState>): Promise<never> {
  const text = async (field: "Error" | "Cause") => {
    const template = step.state[field];
    if (template === undefined) return undefined;
    const value = await step.evaluate(field, template);
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  throw new StatesError(await text("Error"), await text("Cause"));
}
