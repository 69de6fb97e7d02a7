import type { FunctionName } from "../app/index.ts";
import { memoryMetric } from "./alarms.ts";
import type { Names } from "./deployment.ts";

/**
 * The body of the CloudWatch dashboard.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function dashboardBody<T>(
  functions: readonly FunctionName[],
  names: Names,
  { region, machineArn, apiId }: { region: T; machineArn: T; apiId: T },
) {
  const perFunction = (metric: string) =>
    functions.map((name) => ["AWS/Lambda", metric, "FunctionName", names.function(name)]);
  const charts: { title: string; stat: string; metrics: (T | string)[][] }[] = [
    {
      title: "Jobs",
      stat: "Sum",
      metrics: ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"].map((metric) => [
        ...["AWS/States", metric, "StateMachineArn"],
        machineArn,
      ]),
    },
    {
      title: "Largest memory of an invocation, MB",
      stat: "Maximum",
      metrics: functions.map((name) => [names.metrics, memoryMetric(name)]),
    },
    { title: "Errors", stat: "Sum", metrics: perFunction("Errors") },
    { title: "Running at once", stat: "Maximum", metrics: perFunction("ConcurrentExecutions") },
    { title: "Duration, p95, ms", stat: "p95", metrics: perFunction("Duration") },
    { title: "Refused for concurrency", stat: "Sum", metrics: perFunction("Throttles") },
    {
      title: "Requests",
      stat: "Sum",
      metrics: ["Count", "4xx", "5xx"].map((metric) => [...["AWS/ApiGateway", metric, "ApiId"], apiId]),
    },
    {
      title: "Events that nobody could handle",
      stat: "Maximum",
      metrics: [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", names.deadLetters]],
    },
  ];
  return {
    widgets: charts.map((chart, index) => ({
      type: "metric",
      ...{ x: (index % 2) * 12, y: Math.floor(index / 2) * 6, width: 12, height: 6 },
      properties: { ...chart, region, period: 300, view: "timeSeries" },
    })),
  };
}
