import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStatesApi, StatesService, stateMachineArn } from "../../stacks/local/states/index.ts";

const pipeline = {
  QueryLanguage: "JSONata",
  StartAt: "Ask",
  States: {
    Ask: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Arguments: { FunctionName: "ask", Payload: "{% $states.input %}" },
      Output: "{% $states.result.Payload %}",
      Assign: { startDate: "2026" },
      Next: "Each",
    },
    Each: {
      Type: "Map",
      Items: "{% $states.input.items %}",
      ToleratedFailureCount: 1,
      ItemProcessor: {
        ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
        StartAt: "One",
        States: { One: { Type: "Task", Resource: "arn:aws:lambda:us-east-1:000000000000:function:one", End: true } },
      },
      End: true,
    },
  },
};

describe("the Step Functions API, asked by the AWS SDK", () => {
  const machine = stateMachineArn({ region: "us-east-1", accountId: "000000000000" }, "pipeline");
  let directory: string;
  let service: StatesService;
  let server: Server;
  let client: SFNClient;

  const clientOf = (accessKeyId: string) =>
    new SFNClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey: "secret" },
      maxAttempts: 1,
    });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "halfgig-states-api-"));
    service = new StatesService({
      directory,
      machines: [{ name: "pipeline", definition: pipeline }],
      invoke: async (name, payload, { signal }) => {
        if (name === "ask" && (payload as { forever?: boolean }).forever) await once(signal, "abort");
        if (payload === 2) throw Object.assign(new Error("two"), { errorType: "Two", errorMessage: "two" });
        return payload;
      },
      objects: { get: async () => Readable.from([]), put: async () => {}, async *list() {} },
    });
    await service.open();
    const api = createStatesApi(service, {
      authorize: (accessKeyId, action) =>
        accessKeyId === "all" || (accessKeyId === "read" && !/Start|Stop/.test(action)),
    });
    server = createServer(api).listen(0, "127.0.0.1");
    await once(server, "listening");
    client = clientOf("all");
  });

  afterAll(async () => {
    client.destroy();
    server.close();
    await service.close();
    await rm(directory, { recursive: true, force: true });
  });

  const start = async (input: unknown, name?: string) =>
    await client.send(
      new StartExecutionCommand({ stateMachineArn: machine, input: JSON.stringify(input), ...(name ? { name } : {}) }),
    );

  it("starts, describes and tells the history of an execution", async () => {
    const { executionArn, startDate } = await start({ items: [1, 2, 3] }, "first");
    expect(startDate).toBeInstanceOf(Date);
    await service.wait(executionArn!);
    const described = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).toMatchObject({
      executionArn,
      stateMachineArn: machine,
      name: "first",
      status: "SUCCEEDED",
      input: '{"items":[1,2,3]}',
      output: "[1,3]",
      startDate,
    });
    expect(described.stopDate).toBeInstanceOf(Date);

    const events = [];
    for await (const page of paginateGetExecutionHistory({ client, pageSize: 4 }, { executionArn }))
      events.push(...page.events!);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    expect(events[0]!.timestamp).toBeInstanceOf(Date);
    expect(events.find(({ type }) => type === "TaskScheduled")).toMatchObject({
      taskScheduledEventDetails: { resourceType: "lambda", resource: "invoke", region: "us-east-1" },
    });
    expect(events.find(({ type }) => type === "TaskStateExited")).toMatchObject({
      stateExitedEventDetails: { name: "Ask", assignedVariables: { startDate: '"2026"' } },
    });
    const latest = await client.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
    );
    expect(latest.events).toMatchObject([{ type: "ExecutionSucceeded" }]);

    const mapRunArn = events.find(({ type }) => type === "MapRunStarted")!.mapRunStartedEventDetails!.mapRunArn!;
    const children = await client.send(new ListExecutionsCommand({ mapRunArn, statusFilter: "FAILED" }));
    const failed = children.executions![0]!;
    expect(await client.send(new DescribeExecutionCommand({ executionArn: failed.executionArn }))).toMatchObject({
      mapRunArn,
      status: "FAILED",
      error: "Two",
    });
    const childHistory = await client.send(new GetExecutionHistoryCommand({ executionArn: failed.executionArn }));
    expect(childHistory.events!.at(-1)).toMatchObject({
      type: "ExecutionFailed",
      executionFailedEventDetails: { error: "Two", cause: '{"errorType":"Two","errorMessage":"two"}' },
    });
  });

  it("stops an execution and lists by status", async () => {
    const { executionArn } = await start({ forever: true }, "endless");
    const running = await client.send(new ListExecutionsCommand({ stateMachineArn: machine, statusFilter: "RUNNING" }));
    expect(running.executions).toMatchObject([{ name: "endless", status: "RUNNING" }]);
    expect(
      (await client.send(new StopExecutionCommand({ executionArn, error: "E", cause: "c" }))).stopDate,
    ).toBeInstanceOf(Date);
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: "ABORTED",
      error: "E",
      cause: "c",
    });
  });

  it("shows the state machines", async () => {
    const described = await client.send(new DescribeStateMachineCommand({ stateMachineArn: machine }));
    expect(described).toMatchObject({ name: "pipeline", status: "ACTIVE", type: "STANDARD" });
    expect(JSON.parse(described.definition!)).toEqual(pipeline);
    const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toMatchObject([{ stateMachineArn: machine, name: "pipeline", type: "STANDARD" }]);
  });

  it.each([
    ["ExecutionAlreadyExists", () => start({ items: [] }, "first")],
    ["InvalidName", () => start({}, "a b")],
    ["InvalidExecutionInput", () => client.send(new StartExecutionCommand({ stateMachineArn: machine, input: "{" }))],
    ["StateMachineDoesNotExist", () => client.send(new StartExecutionCommand({ stateMachineArn: `${machine}2` }))],
    [
      "ExecutionDoesNotExist",
      () =>
        client.send(
          new DescribeExecutionCommand({ executionArn: `${machine.replace("stateMachine", "execution")}:none` }),
        ),
    ],
    ["InvalidArn", () => client.send(new DescribeExecutionCommand({ executionArn: "none" }))],
    ["ResourceNotFound", () => client.send(new ListExecutionsCommand({ mapRunArn: "arn:none" }))],
    ["InvalidToken", () => client.send(new ListExecutionsCommand({ stateMachineArn: machine, nextToken: "x" }))],
    ["ValidationException", () => client.send(new ListExecutionsCommand({}))],
  ])("answers %s", async (name, request) => {
    await expect(request()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  it("asks whether the access key may do it", async () => {
    const reader = clientOf("read");
    await expect(reader.send(new StartExecutionCommand({ stateMachineArn: machine }))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
    const { stateMachines } = await reader.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toHaveLength(1);
    reader.destroy();
  });

  it("refuses what is not an operation of its", async () => {
    const { port } = server.address() as AddressInfo;
    const headers = { "x-amz-target": "AWSStepFunctions.constructor" };
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: "{}" });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toMatchObject({ __type: "com.amazonaws.sfn#UnknownOperationException" });
  });
});
