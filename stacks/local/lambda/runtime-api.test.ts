import { describe, expect, it } from "vitest";
import { type RuntimeAnswer, RuntimeApi } from "./runtime-api.ts";

/** A runtime's side of the protocol, by hand. */
async function open() {
  const answers: RuntimeAnswer[] = [];
  const initErrors: unknown[] = [];
  const next = Promise.withResolvers<void>();
  const api = new RuntimeApi({
    onNext: () => next.resolve(),
    onAnswer: (answer) => answers.push(answer),
    onInitError: (error) => initErrors.push(error),
  });
  const base = `http://${await api.listen()}/2018-06-01/runtime`;
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(base + path, { method: "POST", body, headers });
  return { api, base, post, answers, initErrors, next: next.promise, [Symbol.dispose]: () => api.close() };
}

const invocation = { requestId: "r-1", payload: '{"a":1}', deadlineMs: 1234, functionArn: "arn:aws:lambda:x" };

describe("the Runtime API", () => {
  it("holds the runtime until there is an event and gives it Lambda's headers", async () => {
    using runtime = await open();
    const waiting = fetch(`${runtime.base}/invocation/next`);
    await runtime.next;
    expect(runtime.api.deliver(invocation)).toBe(true);
    const event = await waiting;
    expect(event.status).toBe(200);
    expect(await event.json()).toEqual({ a: 1 });
    expect(event.headers.get("lambda-runtime-aws-request-id")).toBe("r-1");
    expect(event.headers.get("lambda-runtime-deadline-ms")).toBe("1234");
    expect(event.headers.get("lambda-runtime-invoked-function-arn")).toBe("arn:aws:lambda:x");
    expect(event.headers.get("lambda-runtime-trace-id")).toMatch(/^Root=1-[0-9a-f]+-/);
    const answer = await runtime.post("/invocation/r-1/response", '"done"');
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ status: "OK" });
    expect(runtime.answers).toEqual([{ kind: "response", payload: Buffer.from('"done"') }]);
  });

  it("takes errors with the type from the body or the header", async () => {
    using runtime = await open();
    const waiting = fetch(`${runtime.base}/invocation/next`);
    await runtime.next;
    runtime.api.deliver(invocation);
    await (await waiting).text();
    await runtime.post("/invocation/r-1/error", "not json", { "Lambda-Runtime-Function-Error-Type": "Runtime.Odd" });
    expect(runtime.answers).toEqual([{ kind: "error", error: { errorType: "Runtime.Odd", errorMessage: "" } }]);
    await runtime.post("/init/error", JSON.stringify({ errorType: "E", errorMessage: "m", trace: ["t"] }));
    expect(runtime.initErrors).toEqual([{ errorType: "E", errorMessage: "m", trace: ["t"] }]);
  });

  it("refuses what is out of order", async () => {
    using runtime = await open();
    expect(runtime.api.deliver(invocation)).toBe(false);
    expect((await runtime.post("/invocation/r-1/response", "1")).status).toBe(400);
    const waiting = fetch(`${runtime.base}/invocation/next`);
    await runtime.next;
    expect((await fetch(`${runtime.base}/invocation/next`)).status).toBe(403);
    runtime.api.deliver(invocation);
    await (await waiting).text();
    expect(await (await runtime.post("/invocation/r-2/response", "1")).json()).toMatchObject({
      errorType: "InvalidRequestID",
    });
    expect((await fetch(`${runtime.base}/invocation/next`)).status).toBe(403);
    expect((await runtime.post("/invocation/r-1/response", "1")).status).toBe(202);
    expect((await runtime.post("/invocation/r-1/response", "2")).status).toBe(400);
    expect((await runtime.post("/invocation/next", "")).status).toBe(405);
    expect((await fetch(`${runtime.base}/restore/next`)).status).toBe(404);
    expect(runtime.answers).toHaveLength(1);
  });

  it("refuses replies over the payload limit", async () => {
    using runtime = await open();
    const waiting = fetch(`${runtime.base}/invocation/next`);
    await runtime.next;
    runtime.api.deliver(invocation);
    await (await waiting).text();
    expect((await runtime.post("/invocation/r-1/response", "x".repeat(6_291_557))).status).toBe(413);
    expect(runtime.answers).toMatchObject([{ kind: "error", error: { errorType: "Function.ResponseSizeTooLarge" } }]);
  });
});
