import { describe, expect, it } from "vitest";
import { until, Workshop } from "./fixtures.ts";
import type { StreamedResponse } from "./index.ts";

const streamify = (body: string) =>
  `export const handler = awslambda.streamifyResponse(async (event, stream, context) => { ${body} });`;

async function textOf({ body }: StreamedResponse): Promise<string> {
  let text = "";
  for await (const chunk of body) text += chunk;
  return text;
}

describe("streamed replies", () => {
  it("arrive while they are written", async () => {
    await using shop = new Workshop();
    const source = `let go; export const handler = awslambda.streamifyResponse(async (event, stream) => {
      stream.setContentType("text/event-stream"); stream.write("first;");
      await new Promise((resolve) => { process.once("SIGUSR2", resolve); stream.write(String(process.pid)); });
      stream.end(";last"); });`;
    const host = await shop.host([shop.fn("live", source, { streaming: true })]);
    const response = await host.invokeStreaming("live", {});
    expect(response.contentType).toBe("text/event-stream");
    expect(response.prelude).toBeUndefined();
    let text = "";
    for await (const chunk of response.body) {
      text += chunk;
      const pid = /^first;(\d+)$/.exec(text)?.[1];
      if (pid) process.kill(Number(pid), "SIGUSR2");
    }
    expect(text).toMatch(/^first;\d+;last$/);
  });

  it("carry status, headers and cookies in their prelude", async () => {
    await using shop = new Workshop();
    const source = streamify(`const http = awslambda.HttpResponseStream.from(stream, {
      statusCode: 201, headers: { "Content-Type": "text/plain" }, cookies: ["a=1"] }); http.write("body"); http.end();`);
    const host = await shop.host([shop.fn("http", source)]);
    const response = await host.invokeStreaming("http", {});
    expect(response.contentType).toBe("text/plain");
    expect(response.prelude).toMatchObject({ statusCode: 201, cookies: ["a=1"] });
    expect(await textOf(response)).toBe("body");
  });

  it("pass back-pressure on and hold megabytes whole", async () => {
    await using shop = new Workshop();
    const source = streamify(`for (let i = 0; i < 320; i++)
      if (!stream.write(Buffer.alloc(65536, i))) await new Promise((resolve) => stream.once("drain", resolve));
      stream.end();`);
    const host = await shop.host([shop.fn("large", source, { memoryMB: 160 })]);
    const { body } = await host.invokeStreaming("large", {});
    let sizeBytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) sizeBytes += chunk.length;
    expect(sizeBytes).toBe(320 * 65536);
  });

  it("fail before the first byte like any other call", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("early", streamify(`throw new TypeError("no");`))]);
    await expect(host.invokeStreaming("early", {})).rejects.toMatchObject({
      errorType: "TypeError",
      errorMessage: "no",
    });
  });

  it.each([
    ["throws", `throw new TypeError("half way");`, "TypeError"],
    ["exits", "process.exit(4);", "Runtime.ExitError"],
    ["runs out of time", "await new Promise((resolve) => setTimeout(resolve, 60000));", "Sandbox.Timedout"],
  ])("break off when the handler %s later", async (_name, statement, errorType) => {
    await using shop = new Workshop();
    const body = `stream.write("some"); await new Promise((resolve) => setTimeout(resolve, 50)); ${statement}`;
    const host = await shop.host([shop.fn("late", streamify(body), { timeoutSeconds: 1 })]);
    const response = await host.invokeStreaming("late", {});
    await expect(textOf(response)).rejects.toMatchObject({ errorType });
  });

  it("do not stop the function when nobody reads on", async () => {
    await using shop = new Workshop();
    const source = streamify(`if (event.again) { stream.end(String(globalThis.done)); return; }
      for (let i = 0; i < 32; i++) if (!stream.write(Buffer.alloc(65536))) await new Promise((r) => stream.once("drain", r));
      stream.end(); globalThis.done = true;`);
    const host = await shop.host([shop.fn("ignored", source, { concurrency: 1 })]);
    (await host.invokeStreaming("ignored", {})).body.destroy();
    expect(await textOf(await host.invokeStreaming("ignored", { again: true }))).toBe("true");
    await until(() => shop.reports.length === 2);
    expect(shop.reports.map(({ coldStart }) => coldStart)).toEqual([true, false]);
  });

  it("end where nobody reads on and the caller has asked for that, and the function takes the next call", async () => {
    await using shop = new Workshop();
    const source = streamify(`if (event.again) { stream.end(String(globalThis.seen)); return; }
      const http = awslambda.HttpResponseStream.from(stream, { statusCode: 200 }); http.write("first;");
      await new Promise((resolve) => http.once("close", resolve)); globalThis.seen = http.errored?.message;
      throw new Error("nobody hears this");`);
    const host = await shop.host([shop.fn("left", source, { concurrency: 1 })]);
    const { body } = await host.invokeStreaming("left", {}, { hangUp: true });
    for await (const chunk of body) {
      expect(String(chunk)).toBe("first;");
      break;
    }
    expect(await textOf(await host.invokeStreaming("left", { again: true }))).toBe(
      "The reply is not read any further.",
    );
    await until(() => shop.reports.length === 2);
    expect(shop.reports.map(({ coldStart, outcome }) => [coldStart, outcome])).toEqual([
      [true, "ok"],
      [false, "ok"],
    ]);
  });

  it("are collected for a caller that does not stream, and ordinary replies are one piece", async () => {
    await using shop = new Workshop();
    const streaming = shop.fn("streaming", streamify(`stream.write('{"a":'); stream.end("1}");`));
    const buffered = shop.fn("buffered", "export const handler = async () => ({ b: 2 });");
    const host = await shop.host([streaming, buffered]);
    expect(await host.invoke("streaming", {})).toEqual({ a: 1 });
    const response = await host.invokeStreaming("buffered", {});
    expect(response.contentType).toBe("application/json");
    expect(await textOf(response)).toBe('{"b":2}');
  });
});
