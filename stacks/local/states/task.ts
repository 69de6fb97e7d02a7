import { LinkedAbort, orAborted } from "./abort.ts";
import { expireAfter } from "./clock.ts";
import { lambdaInvoke } from "./definition/check.ts";
import type { TaskState } from "./definition/types.ts";
import { StatesError } from "./errors.ts";
import { isObject, type Json } from "./json.ts";
import { payloadText, toJson } from "./payload.ts";
import type { Step } from "./step.ts";
import { functionTaskEvents, integrationTaskEvents, type TaskEvents } from "./task-events.ts";
import { lambdaFailure } from "./task-failure.ts";

type Call = {
  functionName: string;
  payload: Json;
  timeoutSeconds: number | undefined;
  heartbeatSeconds: number | undefined;
  events: TaskEvents;
};

/**
 * Invokes the Lambda function of a Task. Nothing is invoked before the journal holds everything that led to it.
 * @returns the function's reply, or `{ExecutedVersion, Payload, StatusCode}` for the `lambda:invoke` integration.
 * @throws StatesError with the function's error, `States.Timeout`, `States.HeartbeatTimeout` or `States.DataLimitExceeded`.
 */
export async function runTask(step: Step<TaskState>): Promise<Json> {
  const { scope, state, signal } = step;
  const call = await prepare(step);
  scope.commit({}, ...call.events.scheduled);
  await scope.host.journal.flush();
  if (signal.aborted) throw signal.reason;
  try {
    const payload = toJson(await invoke(step, call)) ?? null;
    const result =
      state.Resource === lambdaInvoke ? { ExecutedVersion: "$LATEST", Payload: payload, StatusCode: 200 } : payload;
    const text = payloadText(result, `The result of the task '${step.name}'`);
    scope.note(call.events.succeeded(text));
    return result;
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    const failure = thrown instanceof StatesError ? thrown : lambdaFailure(thrown);
    scope.note(call.events.failed(failure));
    throw failure;
  }
}

async function prepare(step: Step<TaskState>): Promise<Call> {
  const { Arguments, Resource, TimeoutSeconds, HeartbeatSeconds } = step.state;
  const parameters = Arguments === undefined ? step.input : await step.evaluate("Arguments", Arguments);
  const text = payloadText(parameters, `What the task '${step.name}' is called with`);
  const seconds = async (field: "TimeoutSeconds" | "HeartbeatSeconds", template: number | string | undefined) =>
    template === undefined ? undefined : await step.number(field, template, 1);
  const timeoutSeconds = await seconds("TimeoutSeconds", TimeoutSeconds);
  const heartbeatSeconds = await seconds("HeartbeatSeconds", HeartbeatSeconds);
  const limits = { timeoutSeconds, heartbeatSeconds };
  if (Resource !== lambdaInvoke) {
    const events = functionTaskEvents(Resource, text, limits);
    return { functionName: Resource, payload: parameters, ...limits, events };
  }
  const functionName = isObject(parameters) ? parameters.FunctionName : undefined;
  if (!isObject(parameters) || typeof functionName !== "string") {
    throw new StatesError("States.Runtime", `The Arguments of the task '${step.name}' have no FunctionName.`);
  }
  const { region } = step.scope.host.partition;
  const events = integrationTaskEvents("lambda", "invoke", region, text, limits);
  return { functionName, payload: (parameters.Payload as Json | undefined) ?? {}, ...limits, events };
}

async function invoke(step: Step<TaskState>, call: Call): Promise<unknown> {
  const { scope, signal, name } = step;
  const { clock } = scope.host;
  using abort = new LinkedAbort(signal);
  using _timeout = limit(call.timeoutSeconds, (seconds) =>
    expireAfter(clock, seconds * 1000, () =>
      abort.abort(new StatesError("States.Timeout", `The task '${name}' ran longer than its ${seconds} s.`)),
    ),
  );
  let beatMs = clock.now();
  using _heartbeat = limit(call.heartbeatSeconds, (seconds) => watchHeartbeat(step, abort, seconds, () => beatMs));
  const context = {
    executionArn: scope.execution.arn,
    executionName: scope.execution.name,
    stateName: name,
    signal: abort.signal,
    heartbeat: () => {
      beatMs = clock.now();
    },
  };
  try {
    const reply = Promise.resolve().then(() => scope.host.invoke(call.functionName, call.payload, context));
    return await orAborted(reply, abort.signal);
  } catch (error) {
    // The worker may have noticed the abort first and rejected with words of its own.
    if (abort.signal.aborted) throw abort.signal.reason;
    throw error;
  }
}

function limit(seconds: number | undefined, start: (seconds: number) => Disposable): Disposable | undefined {
  return seconds === undefined ? undefined : start(seconds);
}

/** Sleeps until the last heartbeat is too old; a beat in the meantime only moves the next look. */
function watchHeartbeat(step: Step, abort: LinkedAbort, seconds: number, lastBeatMs: () => number): Disposable {
  const { clock } = step.scope.host;
  const cancel = new AbortController();
  const watch = async () => {
    for (;;) {
      const restMs = lastBeatMs() + seconds * 1000 - clock.now();
      if (restMs <= 0) break;
      await clock.sleep(restMs, cancel.signal);
    }
    abort.abort(
      new StatesError("States.HeartbeatTimeout", `The task '${step.name}' sent no heartbeat for ${seconds} s.`),
    );
  };
  watch().catch(() => {});
  return { [Symbol.dispose]: () => cancel.abort() };
}
