import { Metrics } from "@aws-lambda-powertools/metrics";

/**
 * The functions' metrics, as CloudWatch's embedded metric format on stdout: the log is the transport, on AWS and in the embedded host.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const metrics = new Metrics({
  namespace: "halfgig",
  serviceName: "halfgig",
  defaultDimensions: process.env.AWS_LAMBDA_FUNCTION_NAME ? { function: process.env.AWS_LAMBDA_FUNCTION_NAME } : {},
});
