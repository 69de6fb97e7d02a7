import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGateway, type GatewayOptions } from "./gateway.ts";
import { isAllowedHost } from "./origin.ts";
import { RateLimit } from "./rate-limit.ts";

const routes = [
  { route: "GET /open", functionName: "f", authorized: false },
  { route: "POST /open", functionName: "f", authorized: false },
  { route: "GET /closed", functionName: "f", authorized: true },
  { route: "GET /asks-itself", functionName: "f", authorized: false, counted: true },
];

async function serve(options: Partial<GatewayOptions> = {}) {
  const invoke: GatewayOptions["invoke"] = async (name) =>
    name === "authorize" ? { isAuthorized: true, context: { tenant: "a" } } : { statusCode: 200, body: "ok" };
  const server = createServer(
    createGateway({ routes, invoke, authorizer: { functionName: "authorize", cacheSeconds: 60 }, ...options }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  // fetch() sets Host and Origin itself.
  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
      const host = headers.host?.replace("PORT", String(port)) ?? `127.0.0.1:${port}`;
      const origin = headers.origin && { origin: headers.origin.replace("PORT", String(port)) };
      httpRequest({ port, host: "127.0.0.1", method, path, headers: { ...headers, host, ...origin } }, (reply) => {
        reply.resume().on("end", () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers }));
      })
        .on("error", reject)
        .end();
    });
  return {
    ask,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a page of another origin", () => {
  it.each([
    ["a program, which sends neither", {}, 200],
    ["our own page", { origin: "http://127.0.0.1:PORT" }, 200],
    ["our own page by another name of ours", { origin: "http://localhost:PORT", host: "localhost:PORT" }, 200],
    ["the public address", { origin: "https://media.example.org" }, 200],
    ["another site", { origin: "https://evil.example" }, 403],
    ["another site whose name begins with ours", { origin: "http://127.0.0.1.evil.example:PORT" }, 403],
    ["another port of this machine", { origin: "http://127.0.0.1:1" }, 403],
    ["a sandboxed frame or a file", { origin: "null" }, 403],
    ["no origin, and the browser says it is of another site", { "sec-fetch-site": "cross-site" }, 403],
    ["the browser says it is ours", { "sec-fetch-site": "same-origin" }, 200],
  ] as const)("may not change anything: %s", async (_, headers, status) => {
    await using gateway = await serve({
      allowedHosts: ["127.0.0.1", "localhost"],
      allowedOrigins: ["https://media.example.org"],
    });
    expect((await gateway.ask("POST", "/open", headers)).status).toBe(status);
    expect((await gateway.ask("GET", "/open", headers)).status).toBe(200);
  });

  it("cannot point its own name at this machine", async () => {
    await using gateway = await serve({ allowedHosts: ["127.0.0.1", "localhost", "[::1]"] });
    expect((await gateway.ask("GET", "/open", { host: "evil.example:PORT" })).status).toBe(421);
    expect((await gateway.ask("GET", "/open", { host: "192.168.1.7:PORT" })).status).toBe(421);
    expect((await gateway.ask("GET", "/open", { host: "[::1]:PORT" })).status).toBe(200);
  });
});

it("no name but those that are allowed gets in, whatever else the service listens on", () => {
  const allowed = ["127.0.0.1", "localhost"];
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.webAuthority(), fc.string()), fc.boolean(), (host, anyAddress) => {
      fc.pre(!/^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(host) && !/^(\[[\da-f:.]+\]|[\d.]+)(:\d*)?$/i.test(host));
      // 0x7f.1 and the like are addresses too, to those who parse URLs.
      const isAddress = /^[\d.]+$|^\[/.test(URL.parse(`http://${host}`)?.hostname ?? "");
      expect(isAllowedHost(host, allowed, anyAddress) && !isAddress).toBe(false);
    }),
  );
  expect(isAllowedHost("192.168.1.7:8765", allowed, true)).toBe(true);
  expect(isAllowedHost("[fe80::1]:8765", allowed, true)).toBe(true);
  expect(isAllowedHost(undefined, allowed, true)).toBe(false);
});

it("every reply, a refusal too, says what a browser must not do with it", async () => {
  await using gateway = await serve({ allowedHosts: ["127.0.0.1"] });
  for (const [path, host] of [
    ["/open", undefined],
    ["/none", undefined],
    ["/open", "evil.example"],
  ] as const) {
    const { headers } = await gateway.ask("GET", path, host ? { host } : {});
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY" });
  }
});

describe("requests per second", () => {
  it("beyond the limit are answered with 429 and when to come again", async () => {
    await using gateway = await serve({ requestsPerSecond: 0.2 });
    const headers = { authorization: "Bearer t" };
    const first = await gateway.ask("GET", "/closed", headers);
    const second = await gateway.ask("GET", "/closed", headers);
    const third = await gateway.ask("GET", "/closed", headers);
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
    expect(Number(third.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    expect(third.headers["content-type"]).toBe("application/problem+json");
  });

  it("count where the function asks the authorizer itself, together with the others", async () => {
    await using gateway = await serve({ requestsPerSecond: 0.2 });
    const headers = { authorization: "Bearer t" };
    const statuses = [];
    for (const path of ["/asks-itself", "/closed", "/asks-itself", "/closed", "/open"]) {
      statuses.push((await gateway.ask("GET", path, headers)).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429, 200]);
    // Who names nobody is nobody's: the function refuses it.
    expect((await gateway.ask("GET", "/asks-itself")).status).toBe(200);
  });

  it.each([
    ["refuses the caller", async () => ({ isAuthorized: false })],
    [
      "cannot say",
      async () => {
        throw new Error("the authorizer is down");
      },
    ],
  ])("do not count, and the function answers them, where the authorizer %s", async (_, authorize) => {
    const invoke: GatewayOptions["invoke"] = async (name) =>
      name === "authorize" ? authorize() : { statusCode: 401, body: "the function's own words" };
    await using gateway = await serve({ requestsPerSecond: 0.2, invoke });
    for (let i = 0; i < 4; i++) {
      const { status } = await gateway.ask("GET", "/asks-itself", { authorization: "Bearer t" });
      expect(status).toBe(401);
    }
  });

  it("never are more than the rate allows, and whoever waits as told is let in", () => {
    const steps = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(0.5, 2, 10), steps, (perSecond, pausesMs) => {
        const limit = new RateLimit(perSecond);
        let nowMs = 0;
        let taken = 0;
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs;
          const afterSeconds = limit.take("a", nowMs);
          if (afterSeconds === 0) taken++;
          else expect(limit.take("b", nowMs)).toBe(0);
          expect(taken).toBeLessThanOrEqual(perSecond * 10 + (nowMs / 1000) * perSecond + 1e-6);
        }
        while (limit.take("a", nowMs) === 0);
        const afterSeconds = limit.take("a", nowMs);
        expect(limit.take("a", nowMs + afterSeconds * 1000)).toBe(0);
      }),
    );
  });
});
