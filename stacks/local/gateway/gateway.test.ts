import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createGateway, type GatewayOptions, type HttpApiEvent } from "./index.ts";

/** A gateway on a port of its own. */
async function serve(options: Partial<GatewayOptions> & Pick<GatewayOptions, "invoke">) {
  const routes = [{ route: "$default", functionName: "fn", authorized: false }];
  const server: Server = createServer(createGateway({ routes, ...options }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    base,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const echo = async (_name: string, event: unknown) => event;
const answering = (reply: unknown) => async () => reply;

describe("events", () => {
  it("have the shape of payload format 2.0", async () => {
    const route = { route: "POST /v1/jobs/{jobId}", functionName: "fn", authorized: false };
    await using gateway = await serve({ invoke: echo, routes: [route] });
    const headers = [
      ...["Host", "api.localhost", "Content-Type", "application/json", "X-Many", "1", "x-many", "2"],
      ...["Cookie", "a=1; b=2", "User-Agent", "test", "Content-Length", "9"],
    ];
    const event = await new Promise<HttpApiEvent>((resolve, reject) => {
      const outgoing = httpRequest(`${gateway.base}/v1/jobs/a%20b?x=1&x=2&y=%C3%A4&z`, { method: "POST", headers });
      outgoing.on("error", reject).on("response", async (response) => {
        let text = "";
        for await (const chunk of response) text += chunk;
        resolve(JSON.parse(text) as HttpApiEvent);
      });
      outgoing.end('{"ä":1}\n');
    });
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "POST /v1/jobs/{jobId}",
      rawPath: "/v1/jobs/a b",
      rawQueryString: "x=1&x=2&y=%C3%A4&z",
      cookies: ["a=1", "b=2"],
      queryStringParameters: { x: "1,2", y: "ä", z: "" },
      pathParameters: { jobId: "a b" },
      body: '{"ä":1}\n',
      isBase64Encoded: false,
    });
    expect(event.headers).toMatchObject({ host: "api.localhost", "x-many": "1,2", "content-type": "application/json" });
    expect(event.headers.cookie).toBeUndefined();
    expect(event.requestContext).toMatchObject({
      accountId: "000000000000",
      domainName: "api.localhost",
      domainPrefix: "api",
      http: { method: "POST", path: "/v1/jobs/a b", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" },
      routeKey: "POST /v1/jobs/{jobId}",
      stage: "$default",
    });
    expect(event.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  });

  it.each([
    ["application/octet-stream", Buffer.from("plain"), true],
    ["application/x-www-form-urlencoded", Buffer.from("a=1"), true],
    ["text/plain", Buffer.from("grün"), false],
    ["application/problem+json", Buffer.from("{}"), false],
    ["text/plain", Buffer.from([0xff, 0xfe]), true],
  ])("carry a %s body (%o) in base64: %s", async (type, body, isBase64Encoded) => {
    await using gateway = await serve({ invoke: echo });
    const reply = await fetch(gateway.base, { method: "POST", body, headers: { "content-type": type } });
    const event = (await reply.json()) as HttpApiEvent;
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body ?? "", isBase64Encoded ? "base64" : "utf8")).toEqual(body);
  });

  it("have no body, query or cookies where the request has none", async () => {
    await using gateway = await serve({ invoke: echo });
    const event = (await (await fetch(gateway.base)).json()) as HttpApiEvent;
    for (const absent of ["body", "cookies", "queryStringParameters", "pathParameters"])
      expect(event).not.toHaveProperty(absent);
  });
});

describe("replies", () => {
  it("carry status, headers, cookies and bytes", async () => {
    const result = {
      statusCode: 201,
      headers: { "Content-Type": "image/png", "X-N": 5, Connection: "upgrade", "content-length": 99 },
      cookies: ["a=1; Path=/", "b=2"],
      body: Buffer.from([1, 2, 255]).toString("base64"),
      isBase64Encoded: true,
    };
    await using gateway = await serve({ invoke: answering(result) });
    const reply = await fetch(gateway.base);
    expect(reply.status).toBe(201);
    expect(reply.headers.get("content-type")).toBe("image/png");
    expect(reply.headers.get("x-n")).toBe("5");
    expect(reply.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
    expect(Buffer.from(await reply.arrayBuffer())).toEqual(Buffer.from([1, 2, 255]));
  });

  it.each([
    ["an object", { a: 1 }, 200, "application/json", '{"a":1}'],
    ["text", "hello", 200, "application/json", "hello"],
    ["nothing", undefined, 200, "application/json", "null"],
    ["a status alone", { statusCode: 404 }, 404, "text/plain;charset=UTF-8", ""],
    ["a status in text", { statusCode: "202", body: "x" }, 202, "text/plain;charset=UTF-8", "x"],
    ["204", { statusCode: 204, body: "ignored" }, 204, null, ""],
  ])("are inferred from %s", async (_name, result, status, type, body) => {
    await using gateway = await serve({ invoke: answering(result) });
    const reply = await fetch(gateway.base);
    expect(reply.status).toBe(status);
    expect(reply.headers.get("content-type")).toBe(type);
    expect(await reply.text()).toBe(body);
  });

  it.each([
    ["a status that is none", { statusCode: "soon" }],
    ["a status out of range", { statusCode: 99 }],
    ["a body that is no text", { statusCode: 200, body: { a: 1 } }],
    ["a header with a line break", { statusCode: 200, headers: { a: "b\r\nc: d" } }],
    ["a header name with a space", { statusCode: 200, headers: { "a b": "c" } }],
    ["cookies that are no list", { statusCode: 200, cookies: "a=1" }],
  ])("with %s become 500", async (_name, result) => {
    const errors: string[] = [];
    await using gateway = await serve({ invoke: answering(result), onError: (_error, route) => errors.push(route) });
    const reply = await fetch(gateway.base);
    expect(reply.status).toBe(500);
    expect(await reply.json()).toEqual({ message: "Internal Server Error" });
    expect(errors).toEqual(["$default"]);
  });

  it("have no body on HEAD", async () => {
    await using gateway = await serve({ invoke: answering({ statusCode: 200, body: "four" }) });
    const reply = await fetch(gateway.base, { method: "HEAD" });
    expect(reply.headers.get("content-length")).toBe("4");
    expect(await reply.text()).toBe("");
  });
});

describe("limits and failures", () => {
  it.each([
    ["a function that fails", async () => Promise.reject(new Error("secret")), 500, "Internal Server Error"],
    ["a function that is too slow", () => new Promise(() => {}), 503, "Service Unavailable"],
    [
      "a payload too large for Lambda",
      async () => Promise.reject(Object.assign(new Error("large"), { httpStatus: 413 })),
      413,
      "Request Entity Too Large",
    ],
  ])("tell of %s in API Gateway's words", async (_name, invoke, status, message) => {
    await using gateway = await serve({ invoke, timeoutMs: 50 });
    const reply = await fetch(gateway.base);
    expect(reply.status).toBe(status);
    expect(await reply.json()).toEqual({ message });
  });

  it("refuse what has no route, or a path that cannot be decoded", async () => {
    const routes = [{ route: "GET /a/{b}", functionName: "fn", authorized: false }];
    await using gateway = await serve({ invoke: echo, routes });
    const missing = await fetch(`${gateway.base}/b`);
    expect([missing.status, await missing.json()]).toEqual([404, { message: "Not Found" }]);
    expect((await fetch(`${gateway.base}/a/%E4`)).status).toBe(400);
  });

  it.each([
    ["announced", { "content-length": String(10 * 1024 * 1024 + 1) }],
    ["chunked", { "transfer-encoding": "chunked" }],
  ])("refuse a body over ten mebibytes (%s)", async (_name, headers) => {
    let invoked = false;
    const invoke = async () => {
      invoked = true;
    };
    await using gateway = await serve({ invoke });
    const status = await new Promise((resolve, reject) => {
      const outgoing = httpRequest(gateway.base, { method: "POST", headers }, (response) => {
        resolve(response.statusCode);
        outgoing.destroy();
      });
      // The gateway closes the connection while the rest is still being written.
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE" && error.code !== "ECONNRESET") reject(error);
      });
      for (let block = 0; block < 11; block++) outgoing.write(Buffer.alloc(1024 * 1024));
    });
    expect(status).toBe(413);
    expect(invoked).toBe(false);
  });

  it("answer only to the host names that are allowed", async () => {
    await using gateway = await serve({ invoke: echo, allowedHosts: ["127.0.0.1", "LOCALHOST:1234", "[::1]"] });
    const statusFor = (host: string) =>
      new Promise((resolve, reject) => {
        const outgoing = httpRequest(gateway.base, { headers: { host } }, (response) =>
          resolve(response.resume().statusCode),
        );
        outgoing.on("error", reject).end();
      });
    expect(await statusFor("127.0.0.1:9999")).toBe(200);
    expect(await statusFor("localhost:1234")).toBe(200);
    expect(await statusFor("[::1]:80")).toBe(200);
    expect(await statusFor("localhost:1235")).toBe(421);
    expect(await statusFor("evil.example")).toBe(421);
    expect(await statusFor("127.0.0.1.evil.example")).toBe(421);
  });
});

describe("CORS", () => {
  const cors = {
    allowOrigins: ["https://app.example", "http://*"],
    allowMethods: ["GET", "PUT"],
    allowHeaders: ["authorization"],
    exposeHeaders: ["etag"],
    maxAgeSeconds: 600,
  };
  const preflight = {
    method: "OPTIONS",
    headers: { origin: "https://app.example", "access-control-request-method": "PUT" },
  };

  it("answers a preflight itself, before any authorizer", async () => {
    const routes = [{ route: "$default", functionName: "fn", authorized: true }];
    const invoke = async () => Promise.reject(new Error("must not be called"));
    await using gateway = await serve({ invoke, cors, routes, authorizer: { functionName: "auth", cacheSeconds: 0 } });
    const reply = await fetch(`${gateway.base}/x`, preflight);
    expect(reply.status).toBe(204);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET,PUT",
      "access-control-allow-headers": "authorization",
      "access-control-max-age": "600",
      vary: "origin",
    });
    const refused = await fetch(gateway.base, {
      ...preflight,
      headers: { ...preflight.headers, origin: "https://evil.example" },
    });
    expect(refused.status).toBe(204);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("replaces the function's own headers, and adds to errors too", async () => {
    const result = { statusCode: 200, headers: { "Access-Control-Allow-Origin": "*", Vary: "Accept" } };
    await using gateway = await serve({ invoke: answering(result), cors });
    const reply = await fetch(gateway.base, { headers: { origin: "http://other.example" } });
    expect(reply.headers.get("access-control-allow-origin")).toBe("http://other.example");
    expect(reply.headers.get("access-control-expose-headers")).toBe("etag");
    expect(reply.headers.get("vary")).toBe("Accept, origin");
    await using broken = await serve({
      invoke: async () => Promise.reject(new Error("x")),
      cors: { ...cors, allowOrigins: ["*"] },
    });
    const error = await fetch(broken.base, { headers: { origin: "https://any.example" } });
    expect([error.status, error.headers.get("access-control-allow-origin")]).toEqual([500, "*"]);
  });
});

describe("the authorizer", () => {
  const routes = [
    { route: "GET /open", functionName: "fn", authorized: false },
    { route: "GET /closed", functionName: "fn", authorized: true },
  ];

  it("decides by the Authorization header, and its answer is kept for a while", async () => {
    const asked: Array<Record<string, unknown>> = [];
    const invoke = async (name: string, event: unknown) => {
      if (name !== "auth") return event;
      asked.push(event as Record<string, unknown>);
      return { isAuthorized: (event as HttpApiEvent).headers.authorization === "Bearer good", context: { user: "u" } };
    };
    await using gateway = await serve({ invoke, routes, authorizer: { functionName: "auth", cacheSeconds: 60 } });
    const get = (path: string, authorization?: string) =>
      fetch(gateway.base + path, authorization ? { headers: { authorization } } : {});
    expect((await get("/open")).status).toBe(200);
    const missing = await get("/closed");
    expect([missing.status, await missing.json()]).toEqual([401, { message: "Unauthorized" }]);
    expect(asked).toHaveLength(0);
    const bad = await get("/closed", "Bearer bad");
    expect([bad.status, await bad.json()]).toEqual([403, { message: "Forbidden" }]);
    const good = (await (await get("/closed", "Bearer good")).json()) as HttpApiEvent;
    expect(good.requestContext.authorizer).toEqual({ lambda: { user: "u" } });
    expect((await get("/closed", "Bearer good")).status).toBe(200);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatchObject({
      version: "2.0",
      type: "REQUEST",
      identitySource: ["Bearer good", "GET /closed"],
      routeKey: "GET /closed",
      routeArn: "arn:aws:execute-api:us-east-1:000000000000:local/$default/GET/closed",
    });
  });

  it("asks every time without a cache, and lets nobody in when it fails", async () => {
    let asked = 0;
    const replies: unknown[] = [{ isAuthorized: true }, { isAuthorized: "yes" }, {}, null];
    const invoke = async (name: string) => (name === "auth" ? replies[asked++] : "in");
    await using gateway = await serve({ invoke, routes, authorizer: { functionName: "auth", cacheSeconds: 0 } });
    const headers = { authorization: "Bearer same" };
    const statuses = [];
    for (const _ of replies) statuses.push((await fetch(`${gateway.base}/closed`, { headers })).status);
    expect(statuses).toEqual([200, 500, 500, 500]);
  });

  it("must be there when a route needs it", () => {
    expect(() => createGateway({ routes, invoke: echo })).toThrow("GET /closed");
  });
});
