import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";
import { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { afterEach, describe, expect, it } from "vitest";
import { BedrockModel } from "./bedrock.ts";

/** One event of `application/vnd.amazon.eventstream`: https://smithy.io/2.0/aws/amazon-eventstream.html */
function frame(headers: Record<string, string>, payload: object): Buffer {
  const body = Buffer.from(JSON.stringify(payload));
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(value.length);
      return Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        Buffer.from([7]),
        length,
        Buffer.from(value),
      ]);
    }),
  );
  const message = Buffer.alloc(16 + head.length + body.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  head.copy(message, 12);
  body.copy(message, 12 + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}
const event = (type: string, payload: object) =>
  frame({ ":message-type": "event", ":event-type": type, ":content-type": "application/json" }, payload);
const delta = (text: string) => event("contentBlockDelta", { contentBlockIndex: 0, delta: { text } });

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The SDK's own client and transport, against an endpoint on loopback. */
async function bedrock(answer: (stream: ServerHttp2Stream, body: string) => void): Promise<BedrockModel> {
  const server = createServer();
  server.on("stream", async (stream, headers) => {
    let body = "";
    for await (const chunk of stream) body += chunk;
    expect(headers[":path"]).toBe("/model/anthropic.m%3A0/converse-stream");
    stream.respond({ ":status": 200, "content-type": "application/vnd.amazon.eventstream" });
    answer(stream, body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const client = new BedrockRuntimeClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  closers.push(() => {
    client.destroy();
    server.close();
  });
  return new BedrockModel("anthropic.m:0", client);
}
const prompt = { system: "Be brief.", user: "When?" };

describe("Amazon Bedrock's ConverseStream, by the real client", () => {
  it("is read piece by piece", async () => {
    const goOn = Promise.withResolvers<void>();
    let asked: unknown;
    const model = await bedrock(async (stream, body) => {
      asked = JSON.parse(body);
      stream.write(event("messageStart", { role: "assistant" }));
      stream.write(delta("In "));
      await goOn.promise;
      stream.write(delta("May."));
      stream.end(event("messageStop", { stopReason: "end_turn" }));
    });
    const pieces: string[] = [];
    for await (const piece of model.write(prompt, new AbortController().signal)) {
      pieces.push(piece);
      // What comes only with the rest would wait for it for ever.
      goOn.resolve();
    }
    expect(pieces).toEqual(["In ", "May."]);
    expect(asked).toMatchObject({
      system: [{ text: "Be brief." }],
      messages: [{ role: "user", content: [{ text: "When?" }] }],
      inferenceConfig: { temperature: 0 },
    });
  });

  it("is an error of ours where the stream carries one", async () => {
    const model = await bedrock((stream) => {
      stream.write(delta("In "));
      const headers = { ":message-type": "exception", ":exception-type": "throttlingException" };
      stream.end(frame({ ...headers, ":content-type": "application/json" }, { message: "account 123456789012" }));
    });
    const failure = await Array.fromAsync(model.write(prompt, new AbortController().signal)).catch((error) => error);
    expect(failure).toMatchObject({ code: "answer.failed", message: expect.stringContaining("ThrottlingException") });
    expect((failure as Error).message).not.toContain("123456789012");
  });

  it("is no answer where it breaks off", async () => {
    const model = await bedrock((stream) => void stream.end(delta("In ")));
    const reading = Array.fromAsync(model.write(prompt, new AbortController().signal));
    await expect(reading).rejects.toMatchObject({ code: "answer.failed" });
  });

  it("is left where nobody reads on", async () => {
    const left = Promise.withResolvers<void>();
    const model = await bedrock((stream) => {
      stream.on("close", left.resolve).on("error", () => undefined);
      stream.write(delta("In "));
    });
    const leaving = new AbortController();
    const reading = (async () => {
      for await (const _ of model.write(prompt, leaving.signal)) leaving.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "answer.failed" });
    await left.promise;
  });
});
