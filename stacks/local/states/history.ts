/**
 * Execution history in the shape of the Step Functions API
 * (https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html), with one difference: a
 * `timestamp` is an ISO 8601 string until the HTTP API turns it into epoch seconds. Inputs and outputs are JSON texts.
 */
type Failure = { error?: string; cause?: string };
type DataDetails = { truncated: boolean };
type TaskResource = { resourceType: string; resource: string };

export type EventDetails = {
  executionStartedEventDetails?: { input: string; inputDetails: DataDetails; roleArn: string };
  executionSucceededEventDetails?: { output: string; outputDetails: DataDetails };
  executionFailedEventDetails?: Failure;
  executionAbortedEventDetails?: Failure;
  executionTimedOutEventDetails?: Failure;
  stateEnteredEventDetails?: { name: string; input: string; inputDetails: DataDetails };
  stateExitedEventDetails?: {
    name: string;
    output: string;
    outputDetails: DataDetails;
    assignedVariables?: Record<string, string>;
    assignedVariablesDetails?: DataDetails;
  };
  taskScheduledEventDetails?: TaskResource & {
    region: string;
    parameters: string;
    timeoutInSeconds?: number;
    heartbeatInSeconds?: number;
  };
  taskStartedEventDetails?: TaskResource;
  taskSucceededEventDetails?: TaskResource & { output: string; outputDetails: DataDetails };
  taskFailedEventDetails?: TaskResource & Failure;
  taskTimedOutEventDetails?: TaskResource & Failure;
  lambdaFunctionScheduledEventDetails?: {
    resource: string;
    input: string;
    inputDetails: DataDetails;
    timeoutInSeconds?: number;
  };
  lambdaFunctionSucceededEventDetails?: { output: string; outputDetails: DataDetails };
  lambdaFunctionFailedEventDetails?: Failure;
  lambdaFunctionTimedOutEventDetails?: Failure;
  mapStateStartedEventDetails?: { length: number };
  mapIterationStartedEventDetails?: { name: string; index: number };
  mapIterationSucceededEventDetails?: { name: string; index: number };
  mapIterationFailedEventDetails?: { name: string; index: number };
  mapRunStartedEventDetails?: { mapRunArn: string };
  mapRunFailedEventDetails?: Failure;
  evaluationFailedEventDetails?: Failure & { location: string; state: string };
};

/** An event before it has its place in a history. */
export type EventBody = { type: string } & EventDetails;

/** `id` counts from 1 without gaps; `previousEventId` is the event before it in the same branch, 0 for the first. */
export type HistoryEvent = { id: number; previousEventId: number; timestamp: string } & EventBody;

const whole: DataDetails = { truncated: false };

export function stateEntered(type: string, name: string, input: string): EventBody {
  return { type: `${type}StateEntered`, stateEnteredEventDetails: { name, input, inputDetails: whole } };
}

export function stateExited(
  type: string,
  name: string,
  output: string,
  assigned: Record<string, string> | undefined,
): EventBody {
  const variables = assigned && { assignedVariables: assigned, assignedVariablesDetails: whole };
  return { type: `${type}StateExited`, stateExitedEventDetails: { name, output, outputDetails: whole, ...variables } };
}

export function executionStarted(input: string, roleArn: string): EventBody {
  return { type: "ExecutionStarted", executionStartedEventDetails: { input, inputDetails: whole, roleArn } };
}

export function executionSucceeded(output: string): EventBody {
  return { type: "ExecutionSucceeded", executionSucceededEventDetails: { output, outputDetails: whole } };
}

/** Error and cause where they are known: AWS leaves absent members out. */
export function failure(error: string | undefined, cause: string | undefined): Failure {
  return { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}
