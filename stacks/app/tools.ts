import type { BucketName } from "./buckets.ts";
import type { ObjectAction } from "./function-spec.ts";

/** A permission of the person who runs the embedded host; on AWS people have IAM users or roles of their own. */
export type ToolGrant =
  | { bucket: BucketName; prefix: string; actions: readonly ObjectAction[] }
  | { machine: "media"; actions: readonly `states:${string}`[] }
  | { functions: "all"; actions: readonly "lambda:InvokeFunction"[] }
  | { account: "buckets"; actions: readonly "s3:ListAllMyBuckets"[] };

const everyObject: readonly ObjectAction[] = [
  "s3:GetObject",
  "s3:PutObject",
  "s3:DeleteObject",
  "s3:ListBucket",
  "s3:AbortMultipartUpload",
  "s3:ListMultipartUploadParts",
  "s3:ListBucketMultipartUploads",
];

/**
 * What AWS CLI, rclone and their like may do with the credentials of `halfgig credentials`: read and write objects, look at
 * executions and stop them, invoke functions. They may not change a bucket, and not start an execution past the API.
 */
export const toolGrants: readonly ToolGrant[] = [
  { account: "buckets", actions: ["s3:ListAllMyBuckets"] },
  { bucket: "uploads", prefix: "", actions: everyObject },
  { bucket: "results", prefix: "", actions: everyObject },
  {
    machine: "media",
    actions: [
      "states:ListStateMachines",
      "states:DescribeStateMachine",
      "states:ListExecutions",
      "states:DescribeExecution",
      "states:GetExecutionHistory",
      "states:StopExecution",
    ],
  },
  { functions: "all", actions: ["lambda:InvokeFunction"] },
];
