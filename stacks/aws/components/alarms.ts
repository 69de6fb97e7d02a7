import type { FunctionName, FunctionSpec } from "../../app/index.ts";
import { alarmsOf, memoryMetric, memoryReport } from "../alarms.ts";
import { dashboardBody } from "../dashboard.ts";
import { componentName, type Deployment, type Names } from "../deployment.ts";
import type { Account } from "./account.ts";
import type { Functions } from "./functions.ts";

/** Alarms, the metric that the memory alarms watch, the topic that they speak to, and the dashboard. */
export function createAlarms(options: {
  deployment: Deployment;
  names: Names;
  specs: Record<FunctionName, FunctionSpec>;
  account: Account;
  functions: Functions;
  machineArn: $util.Output<string>;
  apiId: $util.Output<string>;
}): void {
  const { deployment, names, specs, account, functions, machineArn, apiId } = options;
  const functionNames = Object.keys(specs) as FunctionName[];
  const topic = new aws.sns.Topic("Alarms", { name: names.alarms });
  const email = deployment.settings.HALFGIG_ALARM_EMAIL;
  if (email) new aws.sns.TopicSubscription("AlarmMail", { topic: topic.arn, protocol: "email", endpoint: email });

  for (const name of functionNames) {
    new aws.cloudwatch.LogMetricFilter(`${componentName(name)}Memory`, {
      logGroupName: functions[name].nodes.logGroup.apply((group) => group!.name),
      pattern: memoryReport.pattern,
      metricTransformation: {
        namespace: names.metrics,
        name: memoryMetric(name),
        value: memoryReport.value,
        unit: "Megabytes",
      },
    });
  }
  for (const alarm of alarmsOf<$util.Output<string>>(specs, names, { machineArn, apiId })) {
    new aws.cloudwatch.MetricAlarm(componentName(`alarm-${alarm.name}`), {
      name: alarm.name,
      alarmDescription: alarm.description,
      namespace: alarm.namespace,
      metricName: alarm.metric,
      dimensions: alarm.dimensions,
      statistic: alarm.statistic,
      period: alarm.periodSeconds,
      evaluationPeriods: 1,
      threshold: alarm.threshold,
      comparisonOperator: alarm.operator,
      treatMissingData: "notBreaching",
      alarmActions: [topic.arn],
    });
  }
  new aws.cloudwatch.Dashboard("Dashboard", {
    dashboardName: names.dashboard,
    dashboardBody: $jsonStringify(dashboardBody(functionNames, names, { region: account.region, machineArn, apiId })),
  });
}
