import { machineFunctions, machineGrants, mediaWorkflow } from "../../app/index.ts";
import type { Deployment, Names } from "../deployment.ts";
import { machineStatements, tracingStatement } from "../policies.ts";
import type { Account } from "./account.ts";
import { type Functions, grantTargets } from "./functions.ts";
import type { Storage } from "./storage.ts";

/** The state machine that the embedded host interprets, as one of AWS Step Functions. */
export function createWorkflow(options: {
  deployment: Deployment;
  names: Names;
  account: Account;
  storage: Storage;
  functions: Functions;
}): aws.sfn.StateMachine {
  const { deployment, names, account, storage, functions } = options;
  const { settings } = deployment;
  const logs = new aws.cloudwatch.LogGroup("WorkflowLogs", {
    name: names.machineLogs,
    retentionInDays: settings.HALFGIG_LOG_DAYS,
  });
  const role = new aws.iam.Role("WorkflowRole", {
    name: names.machine,
    assumeRolePolicy: $jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "states.amazonaws.com" },
          Action: "sts:AssumeRole",
          // Another account's state machine could ask the service to act for it otherwise.
          Condition: { StringEquals: { "aws:SourceAccount": account.accountId } },
        },
      ],
    }),
  });
  const statements = [
    ...machineStatements(machineGrants, machineFunctions, {
      ...grantTargets(account, storage, names),
      function: (name) => functions[name].arn,
    }),
    // A child of the distributed Map is an execution of `<machine>/<label>`.
    { actions: ["states:DescribeExecution", "states:StopExecution"], resources: [account.childExecutionArns] },
    ...(settings.HALFGIG_TRACING ? [tracingStatement] : []),
  ];
  const policy = new aws.iam.RolePolicy("WorkflowPolicy", {
    role: role.id,
    policy: aws.iam.getPolicyDocumentOutput({ statements }).json,
  });
  return new aws.sfn.StateMachine(
    "Workflow",
    {
      name: names.machine,
      type: "STANDARD",
      roleArn: role.arn,
      definition: $jsonStringify(
        mediaWorkflow<$util.Output<string>>({
          functionArn: (name) => functions[name].arn,
          resultsBucket: storage.buckets.results.name,
          maxConcurrency: settings.MAX_CONCURRENCY,
        }),
      ),
      loggingConfiguration: {
        // What travels between states has file names in it.
        includeExecutionData: false,
        level: "ERROR",
        logDestination: $interpolate`${logs.arn}:*`,
      },
      tracingConfiguration: { enabled: settings.HALFGIG_TRACING },
    },
    { dependsOn: [policy] },
  );
}
