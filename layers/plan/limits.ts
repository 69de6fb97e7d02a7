/** A quota of a service and where it is written. Defaults of an account that is not new; most can be raised on request. */
export type Quota = { value: number; source: string };

const sfn = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html";
const lambda = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";

/** Default quotas of us-east-1; the sources are where to check them. New accounts begin with less: 10 concurrent executions of Lambda, fewer transitions. */
export const quotas = {
  /** All functions of the account in the region, together. */
  lambdaConcurrency: { value: 1000, source: lambda },
  /** Per function: this many new environments at once, and again each ten seconds, refilled continuously. */
  lambdaScaling: { value: 1000, source: "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html" },
  /** StartExecution of standard workflows: calls a second, beyond a bucket of `startBucket`. */
  startRate: { value: 300, source: sfn },
  startBucket: { value: 1300, source: sfn },
  /** State transitions a second, beyond a bucket of the same size. */
  transitionRate: { value: 5000, source: sfn },
  transitionBucket: { value: 5000, source: sfn },
  /** Map runs of distributed Maps that are open at once, in the account; more wait. */
  openMapRuns: { value: 1000, source: sfn },
  /** Children of one distributed Map at once. */
  mapChildren: { value: 10_000, source: sfn },
  openExecutions: { value: 1_000_000, source: sfn },
  /** Events in one execution's history. */
  historyEvents: { value: 25_000, source: sfn },
  /** State input, result or output, bytes. */
  payloadBytes: { value: 262_144, source: sfn },
  /** Requests a second for each partitioned prefix of a bucket. */
  s3Writes: {
    value: 3500,
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html",
  },
  s3Reads: { value: 5500, source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html" },
  /** Requests a second of all HTTP APIs of the account in the region, and the bucket for bursts. */
  apiRate: { value: 10_000, source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html" },
  apiBurst: { value: 5000, source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html" },
} as const satisfies Record<string, Quota>;

/** Lambda's processor share: proportional to memory, one vCPU at this many MB. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const lambdaMBPerVcpu = 1769;
