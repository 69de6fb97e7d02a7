/** Statements that name every resource, each with the reason why no narrower one exists. */
export const justifiedWildcards: Readonly<Record<string, string>> = {
  "transcribe:StartTranscriptionJob": "the job does not exist yet, and the action knows no other resource",
  "bedrock:InvokeModelWithResponseStream":
    "an inference profile's model may be in any region, and is the operator's choice",
  "xray:PutTraceSegments": "X-Ray's actions know no resources",
  "xray:PutTelemetryRecords": "X-Ray's actions know no resources",
  "logs:CreateLogDelivery": "log delivery's actions know no resources",
  "logs:GetLogDelivery": "log delivery's actions know no resources",
  "logs:UpdateLogDelivery": "log delivery's actions know no resources",
  "logs:DeleteLogDelivery": "log delivery's actions know no resources",
  "logs:ListLogDeliveries": "log delivery's actions know no resources",
  "logs:PutResourcePolicy": "log delivery's actions know no resources",
  "logs:DescribeResourcePolicies": "log delivery's actions know no resources",
  "logs:DescribeLogGroups": "log delivery's actions know no resources",
};

/** Permissions of functions that no grant of stacks/app stands for: what Lambda itself needs of a role. */
export const hostActions: readonly string[] = [
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "sqs:SendMessage",
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
];
