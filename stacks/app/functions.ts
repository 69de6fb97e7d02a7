import type { Settings } from "../../layers/core/index.ts";
import { apiFunctions } from "./api-functions.ts";
import { inbox, uploads, work } from "./function-parts.ts";
import type { FunctionName, FunctionSpec, Grant } from "./function-spec.ts";
import { searchFunctions } from "./search-functions.ts";
import { workflowFunctions } from "./workflow-functions.ts";

/** Every function: what it may use and what it may do. The default allocation is 512 MB; infer's is a setting. */
export const functionSpecs = (settings: Settings): Record<FunctionName, FunctionSpec> => ({
  ...apiFunctions(settings),
  ...workflowFunctions(settings),
  ...searchFunctions(settings),
});

/** What the state machine itself may do: read the plan, keep the Map's results, invoke the steps. */
export const machineGrants: readonly Grant[] = [work("s3:GetObject", "s3:PutObject", "s3:ListBucket")];

/** The functions that the state machine invokes. */
export const machineFunctions: readonly FunctionName[] = [
  "fetch",
  "probe",
  "split",
  "infer",
  "transcribe",
  "merge",
  "fail",
  "notify",
  "subtitles",
  "index",
];

/** What the lifecycle rules of the buckets may do on a host that applies them itself. */
export const lifecycleGrants: readonly Grant[] = [
  uploads("s3:ListBucket", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"),
  inbox("s3:ListBucket", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"),
  work("s3:ListBucket", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"),
];
