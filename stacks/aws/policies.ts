import type { BucketName, FunctionName, Grant, ObjectAction } from "../app/index.ts";

/** A statement of an IAM policy, in the shape that SST's and Pulumi's policy documents take. `T` is an Output there and a string in tests. */
export type Statement<T> = {
  actions: string[];
  resources: T[];
  conditions?: { test: string; variable: string; values: (T | string)[] }[];
};

/** ARNs of what grants speak of. */
export type GrantTargets<T> = {
  bucket: (name: BucketName) => T;
  /** Objects whose key begins with the prefix: `arn:…:bucket/prefix*`. */
  objects: (name: BucketName, prefix: string) => T;
  machine: T;
  /** Every execution of the machine. */
  executions: T;
  transcriptionJobs: T;
  /** The index that search has in its vector bucket. */
  vectorIndex: T;
  function: (name: FunctionName) => T;
};

type Machine = Extract<Grant, { machine: unknown }>["actions"][number];
type Service = Extract<Grant, { service: unknown }>;

/** S3 checks these on the bucket, all others on the object. */
const onBucket = {
  "s3:ListBucket": true,
  "s3:ListBucketMultipartUploads": true,
  "s3:GetObject": false,
  "s3:PutObject": false,
  "s3:DeleteObject": false,
  "s3:AbortMultipartUpload": false,
  "s3:ListMultipartUploadParts": false,
} as const satisfies Record<ObjectAction, boolean>;

/** Starting and listing are done to a state machine, everything else to an execution. */
const onMachine: Record<Machine, "machine" | "executions"> = {
  "states:StartExecution": "machine",
  "states:StopExecution": "executions",
  "states:ListExecutions": "machine",
};

/** Transcribe knows no resource for a job that does not exist yet; which model Bedrock is asked for may be a profile's choice. */
const onService: Record<Service["actions"][number], "transcriptionJobs" | "vectorIndex" | "*"> = {
  "bedrock:InvokeModelWithResponseStream": "*",
  "s3vectors:QueryVectors": "vectorIndex",
  "s3vectors:GetVectors": "vectorIndex",
  "s3vectors:PutVectors": "vectorIndex",
  "s3vectors:DeleteVectors": "vectorIndex",
  "s3vectors:ListVectors": "vectorIndex",
  "transcribe:StartTranscriptionJob": "*",
  "transcribe:GetTranscriptionJob": "transcriptionJobs",
};

/** The policy of a function: what stacks/app grants it, and nothing besides. */
export function statementsOf<T>(grants: readonly Grant[], targets: GrantTargets<T>): Statement<T | string>[] {
  return grants.flatMap((grant): Statement<T | string>[] => {
    if ("bucket" in grant) return objectStatements(grant, targets);
    if ("machine" in grant) {
      return grant.actions.map((action) => ({ actions: [action], resources: [targets[onMachine[action]]] }));
    }
    if ("function" in grant) return [{ actions: [...grant.actions], resources: [targets.function(grant.function)] }];
    if ("service" in grant) {
      return grant.actions.map((action) => {
        const target = onService[action];
        return { actions: [action], resources: [target === "*" ? "*" : targets[target]] };
      });
    }
    return grant satisfies never;
  });
}

function objectStatements<T>(
  { bucket, prefix, actions }: Extract<Grant, { bucket: unknown }>,
  targets: GrantTargets<T>,
): Statement<T | string>[] {
  const statements: Statement<T | string>[] = [];
  const objects = actions.filter((action) => !onBucket[action]);
  if (objects.length > 0) statements.push({ actions: objects, resources: [targets.objects(bucket, prefix)] });
  const listings = actions.filter((action) => onBucket[action]);
  if (listings.length > 0) {
    statements.push({
      actions: listings,
      resources: [targets.bucket(bucket)],
      // S3 says 404 for a missing key, instead of 403, only to callers that may list the bucket. It asks with no prefix
      // then, hence IfExists; a listing that names a prefix can only name the granted one.
      conditions: [{ test: "StringLikeIfExists", variable: "s3:prefix", values: [`${prefix}*`] }],
    });
  }
  return statements;
}

/**
 * What the state machine's role may do: the grants of stacks/app, its steps, and what Step Functions itself wants for a
 * distributed Map's children and for writing logs.
 * https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
 */
export function machineStatements<T>(
  grants: readonly Grant[],
  functions: readonly FunctionName[],
  targets: GrantTargets<T>,
): Statement<T | string>[] {
  // A ResultWriter uploads in parts.
  const written = grants.filter(
    (grant): grant is Extract<Grant, { bucket: unknown }> =>
      "bucket" in grant && grant.actions.includes("s3:PutObject"),
  );
  return [
    ...statementsOf(grants, targets),
    ...written.map(({ bucket, prefix }) => ({
      actions: ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      resources: [targets.objects(bucket, prefix)],
    })),
    { actions: ["lambda:InvokeFunction"], resources: functions.map(targets.function) },
    { actions: ["states:StartExecution"], resources: [targets.machine] },
    { actions: ["states:DescribeExecution", "states:StopExecution"], resources: [targets.executions] },
    { actions: logDelivery, resources: ["*"] },
  ];
}

/**
 * Log delivery's actions know no resources.
 * https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
 */
const logDelivery = [
  "logs:CreateLogDelivery",
  "logs:GetLogDelivery",
  "logs:UpdateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:DescribeResourcePolicies",
  "logs:DescribeLogGroups",
];

/** Sent to X-Ray, which knows no resources. */
export const tracingStatement: Statement<string> = {
  actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
  resources: ["*"],
};
