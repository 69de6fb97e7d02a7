import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGateway, type HttpApiEvent } from "../../stacks/local/gateway/index.ts";

// Each request tells the function what to answer; the function hands back what it was told and what it got.
const got: HttpApiEvent[] = [];
let answer: unknown;
const routes = ["GET /v1/items/{id}", "POST /v1/items/{id}/parts/{part}", "$default"];
const gateway = createServer(
  createGateway({
    routes: routes.map((route) => ({ route, functionName: "fn", authorized: false })),
    invoke: async (_name, event) => {
      got.push(event as HttpApiEvent);
      return answer;
    },
  }),
);
beforeAll(() => new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve)));
afterAll(async () => {
  gateway.closeAllConnections();
  await new Promise((resolve) => gateway.close(resolve));
});

type Reply = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };

function send(
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: Uint8Array } = {},
) {
  return new Promise<{ event: HttpApiEvent | undefined; reply: Reply }>((resolve, reject) => {
    got.length = 0;
    const { port } = gateway.address() as AddressInfo;
    const outgoing = httpRequest({ host: "127.0.0.1", port, method, path, headers });
    outgoing.on("error", reject).on("response", async (response) => {
      const chunks = await response.toArray();
      const { statusCode: status = 0 } = response;
      resolve({ event: got[0], reply: { status, headers: response.headers, body: Buffer.concat(chunks) } });
    });
    outgoing.end(body);
  });
}

/** What a segment of a path may hold once it is encoded. */
const segment = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => text.isWellFormed() && text !== "." && text !== "..");
const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });

describe("the gateway's protocol, payload format 2.0", () => {
  it("carries any body to the function and any reply back, byte for byte", async () => {
    const types = fc.constantFrom("application/octet-stream", "text/plain", "application/json", "audio/wav", "");
    await fc.assert(
      fc.asyncProperty(bytes, types, bytes, fc.boolean(), async (sent, type, back, encoded) => {
        const text = Buffer.from(back)
          .toString("latin1")
          .replace(/[^\x20-\x7e]/g, "?");
        answer = encoded
          ? { statusCode: 200, body: Buffer.from(back).toString("base64"), isBase64Encoded: true }
          : { statusCode: 200, body: text };
        const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
        const { event, reply } = await send("POST", "/v1/items/1/parts/2", { headers, body: sent });
        const encoding = event?.isBase64Encoded ? "base64" : "utf8";
        expect(Buffer.from(event?.body ?? "", encoding)).toEqual(Buffer.from(sent));
        expect(reply.body).toEqual(encoded ? Buffer.from(back) : Buffer.from(text));
      }),
      { numRuns: 60 },
    );
  });

  it("gives path parameters and query as they were before encoding", async () => {
    answer = { statusCode: 204 };
    const query = fc.array(fc.tuple(segment, segment), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(segment, segment, query, async (id, part, pairs) => {
        const search = new URLSearchParams(pairs);
        const path = `/v1/items/${encodeURIComponent(id)}/parts/${encodeURIComponent(part)}?${search}`;
        const { event, reply } = await send("POST", path);
        expect(reply.status).toBe(204);
        expect(event?.routeKey).toBe(routes[1]);
        expect(event?.pathParameters).toEqual({ id, part });
        expect(event?.rawQueryString).toBe(String(search));
        // Repeated names are joined with commas.
        const joined = Object.fromEntries(
          [...new Set(search.keys())].map((name) => [name, search.getAll(name).join(",")]),
        );
        expect(event?.queryStringParameters ?? {}).toEqual(joined);
      }),
      { numRuns: 60 },
    );
  });

  it("answers every path and every reply of a function with some status, and lives on", async () => {
    const path = fc.string({ unit: fc.constantFrom(..."/%aA0.+?&=~;:@é".split("")), maxLength: 30 });
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.record({ statusCode: fc.jsonValue(), headers: fc.jsonValue(), body: fc.jsonValue() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("GET", "POST", "DELETE", "OPTIONS"), path, odd, async (method, rest, reply) => {
        answer = reply;
        const { reply: told } = await send(method, encodeURI(`/${rest}`).replaceAll("%25", "%"));
        expect(told.status).toBeGreaterThanOrEqual(200);
        expect(told.status).toBeLessThan(600);
        expect(told.body.toString()).not.toMatch(/node_modules|at .*\.ts:\d+/);
      }),
      { numRuns: 120 },
    );
    answer = { statusCode: 200, body: "alive" };
    expect((await send("GET", "/v1/items/1")).reply.body.toString()).toBe("alive");
  });
});
