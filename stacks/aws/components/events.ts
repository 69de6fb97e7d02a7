import { buckets, executionEnds, type FunctionName, schedules } from "../../app/index.ts";
import { componentName, type Names } from "../deployment.ts";
import type { Functions } from "./functions.ts";
import type { Storage } from "./storage.ts";

/** What invokes functions besides the API and the workflow: objects that arrive, the clock, and executions that end badly. */
export function createEvents({
  names,
  storage,
  functions,
  machineArn,
}: {
  names: Names;
  storage: Storage;
  functions: Functions;
  machineArn: $util.Output<string>;
}): void {
  for (const { name, notify } of buckets) {
    if (!notify) continue;
    storage.buckets[name].notify({
      notifications: [
        {
          name: componentName(notify.function),
          function: functions[notify.function].arn,
          events: ["s3:ObjectCreated:*"],
          filterPrefix: notify.prefix,
        },
      ],
    });
  }
  for (const { name, everyMinutes, function: target } of schedules) {
    const rule = new aws.cloudwatch.EventRule(`${componentName(name)}Schedule`, {
      name: names.rule(name),
      description: `Invokes ${target} every ${everyMinutes} minutes.`,
      scheduleExpression: everyMinutes === 60 ? "rate(1 hour)" : `rate(${everyMinutes} minutes)`,
    });
    connect(`${componentName(name)}Schedule`, rule, target, functions);
  }
  const ends = new aws.cloudwatch.EventRule("ExecutionEnds", {
    name: names.rule("execution-ends"),
    description: "Executions that did not succeed, so that their jobs say so.",
    eventPattern: $jsonStringify({
      source: ["aws.states"],
      "detail-type": ["Step Functions Execution Status Change"],
      detail: { stateMachineArn: [machineArn], status: executionEnds.statuses },
    }),
  });
  connect("ExecutionEnds", ends, executionEnds.function, functions);
}

function connect(name: string, rule: aws.cloudwatch.EventRule, target: FunctionName, functions: Functions): void {
  new aws.lambda.Permission(`${name}Permission`, {
    action: "lambda:InvokeFunction",
    function: functions[target].name,
    principal: "events.amazonaws.com",
    sourceArn: rule.arn,
  });
  // EventBridge hands over asynchronously: what fails after that goes to the function's own dead-letter queue.
  new aws.cloudwatch.EventTarget(`${name}Target`, { rule: rule.name, arn: functions[target].arn });
}
