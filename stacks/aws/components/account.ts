import { vectorIndexShape } from "../../../layers/search/s3vectors/index-shape.ts";
import type { Deployment, Names } from "../deployment.ts";

export type Account = ReturnType<typeof createAccount>;

/** Where the stack is, and the ARNs that can be written down before the resources exist. */
export function createAccount(names: Names, { vectors }: Deployment) {
  const { accountId } = aws.getCallerIdentityOutput();
  const { region } = aws.getRegionOutput();
  const { partition, dnsSuffix } = aws.getPartitionOutput();
  const arn = (service: string, resource: string) =>
    $interpolate`arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  return {
    accountId,
    region,
    machineArn: arn("states", `stateMachine:${names.machine}`),
    executionArns: arn("states", `execution:${names.machine}:*`),
    /** A distributed Map's children: `execution:<machine>/<label>:<id>`. */
    childExecutionArns: arn("states", `execution:${names.machine}/*`),
    transcriptionJobArns: arn("transcribe", "transcription-job/*"),
    vectorIndexArn: arn("s3vectors", `bucket/${vectors.bucket}/index/${vectorIndexShape.indexName}`),
    /** Where presigned addresses of a bucket's objects lead. */
    bucketOrigin: (name: $util.Output<string>) => $interpolate`https://${name}.s3.${region}.${dnsSuffix}`,
    functionArn: (name: string) => arn("lambda", `function:${name}`),
    logGroupArn: (name: string) => arn("logs", `log-group:${name}:*`),
  };
}
