import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RouteTable } from "./routes.ts";

const table = (...routes: string[]) =>
  new RouteTable(routes.map((route) => ({ route, functionName: route, authorized: false })));

const all = table(
  "$default",
  "ANY /{proxy+}",
  "GET /v1/jobs/{jobId}",
  "ANY /v1/jobs/{jobId}",
  "GET /v1/jobs/recent",
  "GET /v1/{kind}/recent",
  "GET /v1/files/{path+}",
  "POST /v1/uploads",
  "GET /",
);

describe("matching routes", () => {
  it.each([
    ["GET", "/v1/jobs/recent", "GET /v1/jobs/recent", undefined],
    ["GET", "/v1/jobs/7", "GET /v1/jobs/{jobId}", { jobId: "7" }],
    ["DELETE", "/v1/jobs/7", "ANY /v1/jobs/{jobId}", { jobId: "7" }],
    ["GET", "/v1/uploads/recent", "GET /v1/{kind}/recent", { kind: "uploads" }],
    ["GET", "/v1/files/a/b%20c.txt", "GET /v1/files/{path+}", { path: "a/b c.txt" }],
    ["POST", "/v1/uploads", "POST /v1/uploads", undefined],
    ["GET", "/v1/uploads", "ANY /{proxy+}", { proxy: "v1/uploads" }],
    ["GET", "/v1/jobs/", "ANY /{proxy+}", { proxy: "v1/jobs/" }],
    ["GET", "/v1/jobs/a%2Fb", "GET /v1/jobs/{jobId}", { jobId: "a/b" }],
    ["GET", "/", "GET /", undefined],
    ["POST", "/", "$default", undefined],
  ])("%s %s goes to %s", (method, path, route, pathParameters) => {
    const match = all.match(method, path);
    expect(match?.route.route).toBe(route);
    expect(match?.pathParameters).toEqual(pathParameters);
  });

  it("finds nothing without $default", () => {
    expect(table("GET /a").match("GET", "/b")).toBeUndefined();
    expect(table("GET /a").match("POST", "/a")).toBeUndefined();
    expect(table("GET /a").match("GET", "/a/b")).toBeUndefined();
  });

  it.each(["/a", "get /a", "GET a", "GET /{a+}/b"])("does not accept the route %j", (route) => {
    expect(() => table(route)).toThrow(route);
  });

  it("gives a variable back as it was before encoding", () => {
    const text = fc.string({ minLength: 1, unit: "grapheme" });
    fc.assert(
      fc.property(text, (value) => {
        const match = all.match("GET", `/v1/jobs/${encodeURIComponent(value)}`);
        expect(match?.pathParameters ?? { jobId: "recent" }).toEqual({ jobId: value });
      }),
    );
  });
});
