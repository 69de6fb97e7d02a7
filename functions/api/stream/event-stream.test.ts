import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { eventStream, serverSentEvent } from "./event-stream.ts";

describe("the body of a reply that is sent while it is written", () => {
  it("is written no faster than it is read", async () => {
    let written = 0;
    const body = eventStream(async function* () {
      for (; written < 1_000; written++) yield `${"x".repeat(16_384)}\n`;
    });
    await once(body, "readable");
    await new Promise(setImmediate);
    expect(written).toBeLessThan(10);
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    expect([written, bytes]).toEqual([1_000, 1_000 * 16_385]);
  });

  it("tells its writer when nobody reads on, while the writer waits for something else", async () => {
    const told = Promise.withResolvers<string>();
    const tidied = Promise.withResolvers<void>();
    const body = eventStream(async function* (gone) {
      try {
        yield "first";
        await new Promise((resolve) => gone.addEventListener("abort", resolve));
        told.resolve((gone.reason as Error).message);
      } finally {
        tidied.resolve();
      }
    });
    for await (const _ of body) break;
    expect(await told.promise).toBe("Nobody reads on.");
    await tidied.promise;
  });

  it("says something while there is nothing to say", async () => {
    const goOn = Promise.withResolvers<void>();
    const body = eventStream(
      async function* () {
        await goOn.promise;
        yield "news";
      },
      { quietMs: 1 },
    );
    let text = "";
    for await (const chunk of body) {
      text += chunk;
      goOn.resolve();
    }
    expect(text).toMatch(/^(: still at work\n\n)+news$/);
  });

  it("breaks off where its writer fails", async () => {
    const body = eventStream(async function* () {
      yield "first";
      throw new Error("no more");
    });
    await expect(Array.fromAsync(body)).rejects.toThrow("no more");
  });

  it("has data in one line, whatever is in it", () => {
    expect(serverSentEvent({ text: "a\nb\r\n\ndata: c" }, "delta").split("\n")).toEqual([
      "event: delta",
      'data: {"text":"a\\nb\\r\\n\\ndata: c"}',
      "",
      "",
    ]);
  });
});
