import { retryableCodes } from "../../layers/core/index.ts";
import { longestExecutionSeconds } from "../../layers/workflow/execution-limit.ts";
import type { FunctionName } from "./function-spec.ts";

/** What the definition needs from a host. `T` is a string here and an Output under Pulumi. */
export type WorkflowTargets<T> = {
  functionArn: (name: FunctionName) => T;
  resultsBucket: T;
  maxConcurrency: number;
};

// Without the number of the attempt, which is the name's last part: attempts at the same work share their results.
const workPrefix = "{% 'work/' & $replace($states.context.Execution.Name, /_[0-9]+$/, '') & '/' %}";

/** Lambda's own passing troubles, and our codes that say "try again". */
const retry = [
  {
    ErrorEquals: [
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException",
      "Lambda.ClientExecutionTimeoutException",
    ],
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxAttempts: 6,
    MaxDelaySeconds: 60,
    JitterStrategy: "FULL",
  },
  {
    // Other jobs have the function's reserved concurrency: waiting in line is no failure, and may take as long as an execution may. Each
    // attempt is a transition that is paid for: who has waited for minutes asks every other minute at most.
    ErrorEquals: ["Lambda.TooManyRequestsException"],
    IntervalSeconds: 2,
    BackoffRate: 1.5,
    MaxAttempts: 2500,
    MaxDelaySeconds: 120,
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

/**
 * Ten attempts within about two hours: the pauses are 5 s, 12 s, half a minute and so on, and half an hour at most. What Lambda itself
 * stumbles over counts apart.
 */
const notifyRetry = [
  {
    ErrorEquals: ["webhook.not_delivered"],
    IntervalSeconds: 5,
    BackoffRate: 2.5,
    MaxAttempts: 9,
    MaxDelaySeconds: 1800,
    JitterStrategy: "FULL",
  },
  ...retry,
];

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

  // A receiver that does not listen changes nothing about the job.
  const notify = (next: string, payload: Record<string, unknown> = step) => ({
    ...invoke("notify", payload),
    Retry: notifyRetry,
    Catch: [{ ErrorEquals: ["States.ALL"], Next: next }],
    Next: next,
  });

  return {
    Comment: "halfgig: from an uploaded file to a transcript",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    TimeoutSeconds: longestExecutionSeconds,
    States: {
      Begin: {
        Type: "Pass",
        Assign: { job: "{% $states.input %}", workPrefix },
        Next: "Source",
      },
      Source: {
        Type: "Choice",
        Choices: [
          { Condition: "{% $exists($job.tell) %}", Next: "Tell" },
          { Condition: "{% $exists($job.options.url) %}", Next: "Fetch" },
        ],
        Default: "Probe",
      },
      // Of the end of another execution, which could not do it itself: it was stopped, or it never was.
      Tell: notify("Done", { job: "{% $job %}", executionName: "{% $job.tell.executionName %}" }),
      Fetch: {
        ...invoke("fetch", step),
        Assign: { job: "{% $states.result.Payload.job %}" },
        Catch: failWith("fetch"),
        Next: "Fetched",
      },
      Fetched: {
        Type: "Choice",
        // A list is done when each of its entries has a job.
        Choices: [{ Condition: "{% $states.input.listed %}", Next: "AnybodyToTell" }],
        Default: "Probe",
      },
      Probe: {
        ...invoke("probe", step),
        Assign: { probe: "{% $states.result.Payload %}" },
        Catch: failWith("probe"),
        Next: "AnySubtitles",
      },
      AnySubtitles: {
        Type: "Choice",
        Choices: [{ Condition: "{% $type($probe.subtitleTrack) = 'number' %}", Next: "Subtitles" }],
        Default: "Split",
      },
      Subtitles: {
        ...invoke("subtitles", { ...step, probe: "{% $probe %}" }),
        Assign: { job: "{% $states.result.Payload.job %}" },
        // Subtitles that cannot be read are no reason to give up: there is audio.
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Split" }],
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
          { Condition: "{% $split.work.recognition = 'exact' and $split.durationMs > 0 %}", Next: "Transcribe" },
          { Condition: "{% $split.windows > 0 %}", Next: "Windows" },
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
            Next: "Voices",
          },
        ],
        Next: "AnyLeft",
      },
      AnyLeft: {
        Type: "Choice",
        Choices: [{ Condition: "{% $states.input.done %}", Next: "Voices" }],
        Default: "Transcribe",
      },
      // `exact` mode has windows only where their voices are to be judged.
      Voices: {
        Type: "Choice",
        Choices: [{ Condition: "{% $split.windows > 0 %}", Next: "Windows" }],
        Default: "Merge",
      },
      Windows: {
        Type: "Map",
        Label: "Windows",
        ItemReader: {
          Resource: "arn:aws:states:::s3:getObject",
          ReaderConfig: { InputType: "JSONL" },
          Arguments: { Bucket: resultsBucket, Key: "{% $split.mapKey %}" },
        },
        ItemSelector: {
          tenant: "{% $job.tenant %}",
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
        Default: "Index",
      },
      // A transcript that cannot be searched is a transcript all the same.
      Index: {
        ...invoke("index", step),
        Catch: [{ ErrorEquals: ["States.ALL"], Assign: { indexFailure: failureOf("index") }, Next: "NotIndexed" }],
        Next: "AnybodyToTell",
      },
      NotIndexed: {
        ...invoke("index", { ...step, failure: "{% $indexFailure %}" }),
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "AnybodyToTell" }],
        Next: "AnybodyToTell",
      },
      AnybodyToTell: {
        Type: "Choice",
        Choices: [{ Condition: "{% $job.webhook %}", Next: "Notify" }],
        Default: "Done",
      },
      Notify: notify("Done"),
      Done: { Type: "Succeed" },
      Fail: {
        ...invoke("fail", { ...step, failure: "{% $failure %}" }),
        Next: "AnybodyToTellOfFailure",
      },
      AnybodyToTellOfFailure: {
        Type: "Choice",
        Choices: [{ Condition: "{% $job.webhook %}", Next: "NotifyOfFailure" }],
        Default: "Failed",
      },
      NotifyOfFailure: notify("Failed"),
      Failed: { Type: "Fail", Error: "{% $failure.error %}", Cause: "{% $failure.cause %}" },
    },
  };
}

function inferArguments<T>(arn: T) {
  return { FunctionName: arn, Payload: "{% $states.input %}" };
}
