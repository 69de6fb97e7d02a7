import type { StatesError } from "./errors.ts";
import { type EventBody, failure } from "./history.ts";

/** The events of a Task. AWS uses one family for service integrations and another for a function's plain ARN. */
export type TaskEvents = {
  scheduled: EventBody[];
  succeeded(output: string): EventBody;
  failed(error: StatesError): EventBody;
};

type Limits = { timeoutSeconds: number | undefined; heartbeatSeconds: number | undefined };

const whole = { truncated: false };

function isTimeout(error: StatesError): boolean {
  return error.error === "States.Timeout" || error.error === "States.HeartbeatTimeout";
}

/** `arn:aws:states:::lambda:invoke` has the resource type `lambda` and the resource `invoke`. */
export function integrationTaskEvents(
  resourceType: string,
  resource: string,
  region: string,
  parameters: string,
  { timeoutSeconds, heartbeatSeconds }: Limits,
): TaskEvents {
  const task = { resourceType, resource };
  const limits = {
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  };
  return {
    scheduled: [
      { type: "TaskScheduled", taskScheduledEventDetails: { ...task, region, parameters, ...limits } },
      { type: "TaskStarted", taskStartedEventDetails: task },
    ],
    succeeded: (output) => ({
      type: "TaskSucceeded",
      taskSucceededEventDetails: { ...task, output, outputDetails: whole },
    }),
    failed: (error) => {
      const details = { ...task, ...failure(error.error, error.causeText) };
      return isTimeout(error)
        ? { type: "TaskTimedOut", taskTimedOutEventDetails: details }
        : { type: "TaskFailed", taskFailedEventDetails: details };
    },
  };
}

export function functionTaskEvents(resource: string, input: string, { timeoutSeconds }: Limits): TaskEvents {
  const limits = timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds };
  return {
    scheduled: [
      {
        type: "LambdaFunctionScheduled",
        lambdaFunctionScheduledEventDetails: { resource, input, inputDetails: whole, ...limits },
      },
      { type: "LambdaFunctionStarted" },
    ],
    succeeded: (output) => ({
      type: "LambdaFunctionSucceeded",
      lambdaFunctionSucceededEventDetails: { output, outputDetails: whole },
    }),
    failed: (error) => {
      const details = failure(error.error, error.causeText);
      return isTimeout(error)
        ? { type: "LambdaFunctionTimedOut", lambdaFunctionTimedOutEventDetails: details }
        : { type: "LambdaFunctionFailed", lambdaFunctionFailedEventDetails: details };
    },
  };
}
