import { retryableCodes } from "../../layers/core/index.ts";
import type { FunctionName } from "./functions.ts";

/** What the definition needs from a host. `T` is a string here and an Output under Pulumi. */
export type WorkflowTargets<T> = {
  functionArn: (name: FunctionName) => T;
  resultsBucket: T;
  maxConcurrency: number;
};

const workPrefix = "{% 'work/' & $states.context.Execution.Name & '/' %}";

/** Lambda's own passing troubles, and our codes that say "try again". */
const retry = [
  {
    ErrorEquals: [
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException",
      "Lambda.ClientExecutionTimeoutException",
      "Lambda.TooManyRequestsException",
    ],
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxAttempts: 6,
    MaxDelaySeconds: 60,
    JitterStrategy: "FULL",
  },
  {
    // One more try in a fresh environment: a worn one may have died of what it had gathered.
    ErrorEquals: ["Runtime.OutOfMemory", "Runtime.ExitError", "Lambda.Unknown", "Sandbox.Timedout"],
    IntervalSeconds: 1,
    MaxAttempts: 1,
  },
  { ErrorEquals: retryableCodes(), IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 3, JitterStrategy: "FULL" },
];

/** Records which state failed: a Catch cannot ask for the name of the state it stands in. */
const failureOf = (step: string) => ({
  step,
  error: "{% $states.errorOutput.Error %}",
  cause: "{% $string($states.errorOutput.Cause) %}",
});

const failWith = (step: string) => [
  {
    ErrorEquals: ["States.ALL"],
    Assign: { failure: failureOf(step) },
    Next: "Fail",
  },
];

/**
 * probe → split → Map(infer), or transcribe again and again in `exact` mode → merge, and fail on any error: the way of a file as Amazon States Language with JSONata.
 * Every payload is pointers and numbers. https://states-language.net
 */
export function mediaWorkflow<T>({ functionArn, resultsBucket, maxConcurrency }: WorkflowTargets<T>) {
  const invoke = (name: FunctionName, payload: Record<string, unknown>) => ({
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Arguments: { FunctionName: functionArn(name), Payload: payload },
    Output: "{% $states.result.Payload %}",
    Retry: retry,
  });
  const step = {
    job: "{% $job %}",
    workPrefix: "{% $workPrefix %}",
    executionName: "{% $states.context.Execution.Name %}",
  };

  return {
    Comment: "halfgig: from an uploaded file to a transcript",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    TimeoutSeconds: 6 * 3600,
    States: {
      Begin: {
        Type: "Pass",
        Assign: { job: "{% $states.input %}", workPrefix },
        Next: "Probe",
      },
      Probe: {
        ...invoke("probe", step),
        Assign: { probe: "{% $states.result.Payload %}" },
        Catch: failWith("probe"),
        Next: "Split",
      },
      Split: {
        ...invoke("split", { ...step, probe: "{% $probe %}" }),
        Assign: { split: "{% $states.result.Payload %}", mapManifestKey: null, slice: 0, sliceFailure: null },
        Catch: failWith("split"),
        Next: "Recognition",
      },
      Recognition: {
        Type: "Choice",
        Choices: [
          { Condition: "{% $split.work.recognition = 'windows' and $split.windows > 0 %}", Next: "Windows" },
          { Condition: "{% $split.work.recognition = 'exact' and $split.durationMs > 0 %}", Next: "Transcribe" },
        ],
        Default: "Merge",
      },
      Transcribe: {
        ...invoke("transcribe", { ...step, split: "{% $split %}", slice: "{% $slice %}" }),
        Assign: { slice: "{% $states.result.Payload.slice %}" },
        Catch: [
          {
            // What was transcribed before is kept: merge says from where on there is nothing, and why.
            ErrorEquals: ["States.ALL"],
            Assign: { sliceFailure: failureOf("transcribe") },
            Next: "Merge",
          },
        ],
        Next: "AnyLeft",
      },
      AnyLeft: {
        Type: "Choice",
        Choices: [{ Condition: "{% $states.input.done %}", Next: "Merge" }],
        Default: "Transcribe",
      },
      Windows: {
        Type: "Map",
        Label: "Windows",
        ItemReader: {
          Resource: "arn:aws:states:::s3:getObject",
          ReaderConfig: { InputType: "JSONL" },
          Arguments: { Bucket: resultsBucket, Key: "{% $split.planKey %}" },
        },
        ItemSelector: {
          jobId: "{% $job.jobId %}",
          workPrefix: "{% $workPrefix %}",
          options: "{% $job.options %}",
          work: "{% $split.work %}",
          window: "{% $states.context.Map.Item.Value %}",
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          StartAt: "Infer",
          States: { Infer: { ...invoke("infer", {}), Arguments: inferArguments(functionArn("infer")), End: true } },
        },
        MaxConcurrency: maxConcurrency,
        // A window that failed for good makes the job partial: merge decides, with every reason at hand.
        ToleratedFailurePercentage: 100,
        ResultWriter: {
          Resource: "arn:aws:states:::s3:putObject",
          Arguments: { Bucket: resultsBucket, Prefix: "{% $workPrefix & 'map' %}" },
        },
        Assign: { mapManifestKey: "{% $states.result.ResultWriterDetails.Key %}" },
        Output: {},
        Catch: failWith("infer"),
        Next: "Merge",
      },
      Merge: {
        ...invoke("merge", {
          ...step,
          probe: "{% $probe %}",
          split: "{% $split %}",
          mapManifestKey: "{% $mapManifestKey %}",
          slices: "{% $slice %}",
          sliceFailure: "{% $sliceFailure %}",
        }),
        Catch: failWith("merge"),
        Next: "AnythingTranscribed",
      },
      AnythingTranscribed: {
        Type: "Choice",
        Choices: [
          {
            // Every window failed: the job fails with the windows' own error, not with one of merge's.
            Condition: "{% $states.input.status = 'failed' %}",
            Assign: { failure: "{% $states.input.failure %}" },
            Next: "Fail",
          },
        ],
        Default: "Done",
      },
      Done: { Type: "Succeed" },
      Fail: {
        ...invoke("fail", { ...step, failure: "{% $failure %}" }),
        Next: "Failed",
      },
      Failed: { Type: "Fail", Error: "{% $failure.error %}", Cause: "{% $failure.cause %}" },
    },
  };
}

function inferArguments<T>(arn: T) {
  return { FunctionName: arn, Payload: "{% $states.input %}" };
}
