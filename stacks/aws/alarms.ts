import type { FunctionName, FunctionSpec } from "../app/index.ts";
import type { Names } from "./deployment.ts";

/** A CloudWatch alarm on one metric. Missing data is good news everywhere: nothing ran. */
export type Alarm<T> = {
  name: string;
  /** What it means and where to look: the text of the mail. */
  description: string;
  namespace: string;
  metric: string;
  dimensions: Record<string, T | string>;
  statistic: "Sum" | "Maximum";
  periodSeconds: number;
  threshold: number;
  operator: "GreaterThanOrEqualToThreshold" | "GreaterThanThreshold";
};

/** Lambda's own report of each invocation, out of the JSON logs: no extension and no code has to run for it. */
export const memoryReport = {
  pattern: '{ $.type = "platform.report" }',
  value: "$.record.metrics.maxMemoryUsedMB",
};

export const memoryMetric = (name: FunctionName) => `${name} max memory used`;

/** A function that comes this near its allocation is one bad file away from being killed. */
const memoryShare = 0.9;

const fiveMinutes = { periodSeconds: 300 };
const any = { threshold: 0, operator: "GreaterThanThreshold" } as const;

/** Every alarm of the app. */
export function alarmsOf<T>(
  specs: Record<FunctionName, FunctionSpec>,
  names: Names,
  targets: { machineArn: T; apiId: T },
): Alarm<T>[] {
  return [
    ...Object.entries(specs).flatMap(([name, spec]) => functionAlarms<T>(name as FunctionName, spec, names)),
    {
      name: names.alarm("dead-letters"),
      description: `Events that no function could handle wait in the queue ${names.deadLetters}. Read one, correct the cause, and send it again.`,
      ...{ namespace: "AWS/SQS", metric: "ApproximateNumberOfMessagesVisible", statistic: "Maximum" as const },
      dimensions: { QueueName: names.deadLetters },
      ...{ ...fiveMinutes, ...any },
    },
    ...(["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"] as const).map((metric) => ({
      name: names.alarm(metric),
      description: `Jobs did not get to their end (${metric}). The executions of ${names.machine} say which and why.`,
      ...{ namespace: "AWS/States", metric, statistic: "Sum" as const },
      dimensions: { StateMachineArn: targets.machineArn },
      ...{ ...fiveMinutes, ...any },
    })),
    {
      name: names.alarm("api-5xx"),
      description: "The HTTP API answered with server errors; its access log names the routes.",
      ...{ namespace: "AWS/ApiGateway", metric: "5xx", statistic: "Sum" as const },
      dimensions: { ApiId: targets.apiId },
      ...{ ...fiveMinutes, ...any },
    },
  ];
}

function functionAlarms<T>(name: FunctionName, { memoryMB }: FunctionSpec, names: Names): Alarm<T>[] {
  const lambda = {
    ...{ namespace: "AWS/Lambda", dimensions: { FunctionName: names.function(name) }, statistic: "Sum" as const },
    ...{ ...fiveMinutes, ...any },
  };
  return [
    {
      ...lambda,
      name: names.alarm(`${name}-errors`),
      metric: "Errors",
      description: `The function ${name} failed; its log group is ${names.functionLogs(name)}.`,
    },
    {
      ...lambda,
      name: names.alarm(`${name}-throttles`),
      metric: "Throttles",
      description: `Calls of ${name} were refused: more came at once than its concurrency or the account's allows.`,
      // The workflow calls again: a few are what a bound is for.
      threshold: 100,
    },
    {
      name: names.alarm(`${name}-memory`),
      description: `The function ${name} used 90 % or more of its ${memoryMB} MB.`,
      ...{ namespace: names.metrics, metric: memoryMetric(name), dimensions: {}, statistic: "Maximum" },
      ...{ ...fiveMinutes, threshold: Math.floor(memoryMB * memoryShare), operator: "GreaterThanOrEqualToThreshold" },
    },
  ];
}
