import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until, Workshop } from "../../stacks/local/lambda/fixtures.ts";
import { AsyncInvoker, createLambdaApi } from "../../stacks/local/lambda/index.ts";

const workshop = new Workshop();
const dropped: string[] = [];
let server: Server;
let client: LambdaClient;
let stranger: LambdaClient;

const source = `
  let calls = 0;
  export const handler = async (event, context) => {
    calls++;
    console.log("call", calls);
    if (event.fail) throw Object.assign(new Error("asked to fail"), { name: "Asked" });
    if (event.failFirst && calls < 3) throw new Error("not yet");
    return { event, calls, client: context.clientContext };
  };`;
const streaming = `export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write("one,"); if (event.fail) throw new Error("broke off"); stream.write("two"); stream.end(); });`;

beforeAll(async () => {
  const host = await workshop.host([
    workshop.fn("echo", source),
    workshop.fn("retried", source),
    workshop.fn("failing", source),
    workshop.fn("streaming", streaming, { streaming: true }),
  ]);
  const asyncInvoker = new AsyncInvoker(host, { retryDelaysMs: [1, 1], onDropped: (name) => dropped.push(name) });
  const authorize = (accessKeyId: string) => accessKeyId === "AKIAHALFGIG";
  server = createServer(createLambdaApi(host, { authorize, asyncInvoker }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientFor = (accessKeyId: string) =>
    new LambdaClient({
      endpoint,
      region: "us-east-1",
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey: "s" },
    });
  client = clientFor("AKIAHALFGIG");
  stranger = clientFor("AKIASTRANGER");
});

afterAll(async () => {
  client.destroy();
  stranger.destroy();
  await workshop[Symbol.asyncDispose]();
  await new Promise((resolve) => server.close(resolve));
});

const invoke = (FunctionName: string, payload: unknown, more: object = {}) =>
  client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload), ...more }));
const json = (payload: Uint8Array | undefined) => JSON.parse(Buffer.from(payload ?? []).toString("utf8")) as unknown;

describe("@aws-sdk/client-lambda against the local host", () => {
  it.each(["echo", "arn:aws:lambda:us-east-1:000000000000:function:echo", "000000000000:function:echo"])(
    "invokes %s and waits for the reply",
    async (name) => {
      const reply = await invoke(name, { ä: "→" });
      expect(reply).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
      expect(reply.FunctionError).toBeUndefined();
      expect(json(reply.Payload)).toMatchObject({ event: { ä: "→" } });
    },
  );

  it("passes the client context and returns the log's tail", async () => {
    const ClientContext = Buffer.from(JSON.stringify({ custom: { job: "7" } })).toString("base64");
    const reply = await invoke("echo", {}, { ClientContext, LogType: "Tail" });
    expect(json(reply.Payload)).toMatchObject({ client: { custom: { job: "7" } } });
    const log = Buffer.from(reply.LogResult ?? "", "base64").toString("utf8");
    expect(log).toMatch(/^START RequestId: .*\n.*\tINFO\tcall \d+\n(.*\n)*END RequestId: .*\nREPORT RequestId:/);
  });

  it("marks a function's error", async () => {
    const reply = await invoke("echo", { fail: true });
    expect(reply).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" });
    expect(json(reply.Payload)).toMatchObject({
      errorType: "Asked",
      errorMessage: "asked to fail",
      trace: expect.any(Array),
    });
  });

  it("answers Event at once and tries again twice", async () => {
    expect(await invoke("retried", { failFirst: true }, { InvocationType: "Event" })).toMatchObject({
      StatusCode: 202,
    });
    const outcomes = () =>
      workshop.reports.filter((each) => each.functionName === "retried").map(({ outcome }) => outcome);
    await until(() => outcomes().length === 3);
    expect(outcomes()).toEqual(["error", "error", "ok"]);
    await invoke("failing", { fail: true }, { InvocationType: "Event" });
    await until(() => dropped.length === 1);
    expect(dropped).toEqual(["failing"]);
  });

  it("checks access without running anything on DryRun", async () => {
    const before = workshop.reports.length;
    expect(await invoke("echo", {}, { InvocationType: "DryRun" })).toMatchObject({ StatusCode: 204 });
    expect(workshop.reports).toHaveLength(before);
  });

  it.each([
    ["an unknown function", () => invoke("nobody", {}), "ResourceNotFoundException", 404],
    [
      "a body that is not JSON",
      () => client.send(new InvokeCommand({ FunctionName: "echo", Payload: "{" })),
      "InvalidRequestContentException",
      400,
    ],
    ["a payload that is too large", () => invoke("echo", "x".repeat(6_291_456)), "RequestTooLargeException", 413],
    [
      "an event that is too large",
      () => invoke("echo", "x".repeat(1_048_576), { InvocationType: "Event" }),
      "RequestTooLargeException",
      413,
    ],
    [
      "someone without the right",
      () => stranger.send(new InvokeCommand({ FunctionName: "echo" })),
      "AccessDeniedException",
      403,
    ],
  ])("refuses %s", async (_name, send, name, status) => {
    await expect(send()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });

  it("refuses requests without credentials, and other operations", async () => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const url = `${endpoint}/2015-03-31/functions/echo/invocations`;
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(403);
    expect((await fetch(url)).status).toBe(404);
  });

  it.each([
    ["whole", {}, ["one,two"], undefined],
    ["broken off", { fail: true }, ["one,"], "Error"],
  ])("streams a reply (%s)", async (_name, event, [expected], errorCode) => {
    const reply = await client.send(
      new InvokeWithResponseStreamCommand({ FunctionName: "streaming", Payload: Buffer.from(JSON.stringify(event)) }),
    );
    let text = "";
    let complete: { ErrorCode?: string | undefined } | undefined;
    for await (const message of reply.EventStream ?? []) {
      if (message.PayloadChunk) text += Buffer.from(message.PayloadChunk.Payload ?? []).toString("utf8");
      if (message.InvokeComplete) complete = message.InvokeComplete;
    }
    expect(text).toBe(expected);
    expect(complete).toBeDefined();
    expect(complete?.ErrorCode).toBe(errorCode);
  });
});
