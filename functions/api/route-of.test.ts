import { afterEach, expect, it, vi } from "vitest";
import { routeOf } from "./route-of.ts";

afterEach(() => vi.unstubAllEnvs());

const event = (routeKey: string, method: string, path: string) =>
  ({ routeKey, requestContext: { http: { method, path } } }) as Parameters<typeof routeOf>[0];

it("takes the gateway's word, and of a function's own address only what the function serves", () => {
  vi.stubEnv("SERVED_ROUTES", '["POST /v1/ask"]');
  expect(routeOf(event("GET /v1/models/{model}", "GET", "/v1/models/x"))).toBe("GET /v1/models/{model}");
  expect(routeOf(event("$default", "POST", "/v1/ask"))).toBe("POST /v1/ask");
  for (const [method, path] of [
    ["POST", "/v1/keys"],
    ["GET", "/v1/ask"],
    ["POST", "/v1/ask/"],
    ["POST", "/v1//ask"],
    ["POST", "/"],
  ] as const)
    expect(() => routeOf(event("$default", method, path))).toThrow(/nothing that can be asked for/);
});

it("serves nothing where nobody said what", () => {
  vi.stubEnv("SERVED_ROUTES", undefined);
  expect(() => routeOf(event("$default", "POST", "/v1/ask"))).toThrow(/nothing that can be asked for/);
});
