import { openReceiver } from "./receiver.ts";

/** What a Step Functions that only keeps names was asked for. */
export type Started = { name: string; input: Record<string, unknown> };
export type RecordingStates = AsyncDisposable & {
  started: Started[];
  stopped: string[];
  /** What happens between the start of the next execution and its answer. */
  beforeAnswer: (() => Promise<void>) | undefined;
  environment: Record<string, string>;
};

/**
 * A Step Functions that takes StartExecution and StopExecution, runs nothing, and refuses a name that was used: for tests that call
 * handlers in their own process.
 */
export async function recordingStates(): Promise<RecordingStates> {
  const started: Started[] = [];
  const stopped: string[] = [];
  const receiver = await openReceiver(async (request, response) => {
    const body = JSON.parse(String(request.body)) as Record<string, string>;
    const reply = (status: number, value: object) => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify(value));
    };
    if (String(request.headers["x-amz-target"]).endsWith("StopExecution")) {
      stopped.push(body.executionArn ?? "");
      return reply(200, { stopDate: 1 });
    }
    const { name = "", stateMachineArn = "", input = "{}" } = body;
    if (started.some((execution) => execution.name === name)) return reply(400, { __type: "ExecutionAlreadyExists" });
    started.push({ name, input: JSON.parse(input) });
    const { beforeAnswer } = recording;
    recording.beforeAnswer = undefined;
    await beforeAnswer?.();
    return reply(200, {
      executionArn: `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`,
      startDate: 1,
    });
  });
  const recording: RecordingStates = {
    started,
    stopped,
    beforeAnswer: undefined,
    environment: {
      AWS_ENDPOINT_URL_SFN: receiver.url,
      STATE_MACHINE_ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:media",
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
  return recording;
}
