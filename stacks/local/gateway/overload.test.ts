import { describe, expect, it } from "vitest";
import { LambdaServiceException } from "../lambda/index.ts";
import { listenOnLoopback } from "../listen.ts";
import { createGateway, type GatewayOptions } from "./gateway.ts";

async function serve(options: Partial<GatewayOptions> & Pick<GatewayOptions, "invoke">) {
  const routes = [
    { route: "POST /open", functionName: "f", authorized: false },
    { route: "GET /closed", functionName: "f", authorized: true },
  ];
  const authorizer = { functionName: "authorize", cacheSeconds: 60 };
  const { url, close } = await listenOnLoopback(createGateway({ routes, authorizer, ...options }), 0);
  return { url, [Symbol.asyncDispose]: close };
}

const bearer = { headers: { authorization: "Bearer a" } };
const throttled = () => new LambdaServiceException("TooManyRequestsException", 429, "Rate Exceeded.");

describe("more than there is room for", () => {
  it("is refused with 503 and a time to come again, when a function's line is full", async () => {
    await using gateway = await serve({ invoke: () => Promise.reject(throttled()) });
    const reply = await fetch(`${gateway.url}/open`, { method: "POST", body: "x" });
    expect(reply.status).toBe(503);
    expect(Number(reply.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(Number(reply.headers.get("retry-after"))).toBeLessThanOrEqual(4);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(await reply.json()).toMatchObject({ status: 503, code: "request.too_many" });
  });

  it("is refused in the same way when the authorizer's line is full", async () => {
    await using gateway = await serve({ invoke: () => Promise.reject(throttled()) });
    const reply = await fetch(`${gateway.url}/closed`, bearer);
    expect(reply.status).toBe(503);
    expect(reply.headers.get("retry-after")).toMatch(/^\d$/);
  });

  it("holds no more bodies than it has room for, and has room again when they are answered", async () => {
    const answer = Promise.withResolvers<void>();
    await using gateway = await serve({
      bodyRoomBytes: 1000,
      invoke: async () => {
        await answer.promise;
        return { statusCode: 200 };
      },
    });
    const post = (sizeBytes: number) =>
      fetch(`${gateway.url}/open`, { method: "POST", body: Buffer.alloc(sizeBytes, 97) }).then(({ status }) => status);
    const statuses: number[] = [];
    // Which of them comes first is the network's business: two never fit.
    const all = [post(900), post(900), post(900)].map((reply) => reply.then((status) => statuses.push(status)));
    await expect.poll(() => statuses).toEqual([503, 503]);
    answer.resolve();
    await Promise.all(all);
    expect(statuses).toEqual([503, 503, 200]);
    expect(await post(900)).toBe(200);
  });

  it("asks the authorizer once for requests of one caller that come at once", async () => {
    const asked: string[] = [];
    const decided = Promise.withResolvers<void>();
    await using gateway = await serve({
      invoke: async (name) => {
        if (name !== "authorize") return { statusCode: 200 };
        asked.push(name);
        await decided.promise;
        return { isAuthorized: true, context: { tenant: "a" } };
      },
    });
    const replies = Array.from({ length: 50 }, () => fetch(`${gateway.url}/closed`, bearer));
    await expect.poll(() => asked.length).toBe(1);
    decided.resolve();
    expect(new Set((await Promise.all(replies)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(asked).toHaveLength(1);
  });

  it("asks again after an answer that was no answer", async () => {
    let asked = 0;
    await using gateway = await serve({
      invoke: async (name) => {
        if (name === "authorize" && ++asked === 1) throw throttled();
        return name === "authorize" ? { isAuthorized: true } : { statusCode: 200 };
      },
    });
    expect((await fetch(`${gateway.url}/closed`, bearer)).status).toBe(503);
    expect((await fetch(`${gateway.url}/closed`, bearer)).status).toBe(200);
  });
});
