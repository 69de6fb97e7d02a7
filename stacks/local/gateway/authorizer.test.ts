import { describe, expect, it } from "vitest";
import { Authorizer } from "./authorizer.ts";
import type { HttpApiEvent } from "./event.ts";

const eventFor = (authorization: string) =>
  ({ headers: { authorization }, requestContext: { http: { method: "GET", path: "/" } } }) as unknown as HttpApiEvent;

describe("the authorizer's cache", () => {
  it("forgets after its time, and the oldest of too many", async () => {
    let asked = 0;
    const authorizer = new Authorizer({ functionName: "auth", cacheSeconds: 10 }, async () => {
      asked++;
      return { isAuthorized: true };
    });
    await authorizer.decide(eventFor("a"), 0);
    await authorizer.decide(eventFor("a"), 9_999);
    expect(asked).toBe(1);
    await authorizer.decide(eventFor("a"), 10_000);
    expect(asked).toBe(2);
    for (let n = 0; n < 1000; n++) await authorizer.decide(eventFor(`token ${n}`), 10_001);
    await authorizer.decide(eventFor("token 999"), 10_002);
    expect(asked).toBe(1002);
    await authorizer.decide(eventFor("a"), 10_003);
    expect(asked).toBe(1003);
  });
});
