import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireSignature } from "./signed-requests.ts";

const keys = { accessKeyId: "AKIAONE", secretAccessKey: "the secret" };
let server: Server;
let url: string;
let seen: { target: unknown; body: string }[];
beforeEach(async () => {
  seen = [];
  const listener = requireSignature(
    (id) => (id === keys.accessKeyId ? keys : undefined),
    async (request, response) => {
      seen.push({ target: request.headers["x-amz-target"], body: await text(request) });
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify({ executionArn: "arn", startDate: 0 }));
    },
  );
  server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const start = (credentials: { accessKeyId: string; secretAccessKey: string }) => {
  const client = new SFNClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
  const command = new StartExecutionCommand({ stateMachineArn: "arn:x", input: '{"name":"é"}' });
  return client.send(command).finally(() => client.destroy());
};

describe("requireSignature", () => {
  it("lets the SDK's own requests through, body and all", async () => {
    await start(keys);
    expect(seen).toEqual([{ target: "AWSStepFunctions.StartExecution", body: expect.stringContaining("é") }]);
  });

  it.each([
    ["the right key id with another secret", { ...keys, secretAccessKey: "a guess" }],
    ["an unknown key", { ...keys, accessKeyId: "AKIATWO" }],
  ])("refuses %s", async (_name, credentials) => {
    await expect(start(credentials)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    expect(seen).toEqual([]);
  });

  it("is met again by a client whose clock is off: the refusal has the name and the date by which it corrects itself", async () => {
    // The SDK adds this to what its own clock says, as after another service's reply.
    const client = new SFNClient({
      endpoint: url,
      region: "us-east-1",
      credentials: keys,
      systemClockOffset: 3_600_000,
    });
    await client.send(new StartExecutionCommand({ stateMachineArn: "arn:x", input: "{}" }));
    client.destroy();
    expect(seen).toHaveLength(1);
  });

  it("refuses a body that was changed on the way, an old signature, and none", async () => {
    const signed: { headers: Record<string, string>; body: string }[] = [];
    const recorder = createServer(async (request, response) => {
      signed.push({ headers: request.headers as Record<string, string>, body: await text(request) });
      response.end("{}");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => recorder.once("listening", resolve));
    const own = url;
    url = `http://127.0.0.1:${(recorder.address() as AddressInfo).port}`;
    await start(keys).catch(() => undefined);
    url = own;
    await new Promise((resolve) => recorder.close(resolve));
    const [{ headers, body } = { headers: {}, body: "" }] = signed;
    const { "content-length": _, ...rest } = headers;
    // fetch() would put its own Host header in place of the signed one.
    const post = (sent: Record<string, string>, content: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const outgoing = request(own, {
          method: "POST",
          headers: { ...sent, "content-length": Buffer.byteLength(content) },
        });
        outgoing.on("error", reject).on("response", (reply) => resolve(reply.resume().statusCode));
        outgoing.end(content);
      });
    expect(await post(rest, body)).toBe(200);
    seen = [];
    expect(await post(rest, `${body} `)).toBe(403);
    expect(await post(rest, body.replace("name", "nome"))).toBe(403);
    expect(await post({ ...rest, "x-amz-date": "20200101T000000Z" }, body)).toBe(403);
    expect(await post({}, body)).toBe(403);
    expect(seen).toEqual([]);
  });
});
