import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { courseOf } from "../../scripts/load/memory.ts";
import { ask } from "../../scripts/load/sender.ts";
import { quantile, Tally } from "../../scripts/load/tally.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function answering(replies: readonly ({ status: number; retryAfter?: string } | "reset")[]): Promise<string> {
  let n = 0;
  const listening = createServer((request, response) => {
    const reply = replies[Math.min(n++, replies.length - 1)]!;
    if (reply === "reset") return void request.socket.destroy();
    response.writeHead(reply.status, reply.retryAfter === undefined ? {} : { "retry-after": reply.retryAfter });
    response.end("{}");
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`;
}

async function asked(replies: Parameters<typeof answering>[0], patient = true): Promise<number[]> {
  const tally = new Tally();
  await ask(tally, { route: "GET /", url: await answering(replies) }, { patient });
  return [tally.answered, tally.refused, tally.failed];
}

describe("what the load counts as", () => {
  it("answered, once it is; the refusals before it apart", async () => {
    const refused = { status: 503, retryAfter: "0" };
    expect(await asked([refused, { status: 429, retryAfter: "0" }, { status: 200 }])).toEqual([1, 2, 0]);
  });

  it.each([
    ["503 without a time to come again", [{ status: 503 }]],
    ["500", [{ status: 500, retryAfter: "0" }]],
    ["a connection that breaks", ["reset"]],
  ] as const)("a failure: %s", async (_, replies) => {
    expect(await asked(replies)).toEqual([0, 0, 1]);
  });

  it("a failure: to be refused for ever", async () => {
    expect(await asked([{ status: 429, retryAfter: "0" }])).toEqual([0, 30, 1]);
  });

  it("neither, where nobody asks again", async () => {
    expect(await asked([{ status: 503, retryAfter: "1" }], false)).toEqual([0, 1, 0]);
  });
});

describe("the load's judgement of memory", () => {
  const noise = (n: number) => (n % 7) * 3;

  it("is flat where it goes up and down", () => {
    const { isFlat, slopeMiBPerMinute } = courseOf(
      "host",
      Array.from({ length: 200 }, (_, n) => 150 + noise(n)),
    );
    expect(isFlat).toBe(true);
    expect(Math.abs(slopeMiBPerMinute)).toBeLessThan(1);
  });

  it("is not where it leaks a mebibyte a second", () => {
    const { isFlat, slopeMiBPerMinute } = courseOf(
      "host",
      Array.from({ length: 200 }, (_, n) => 150 + n + noise(n)),
    );
    expect(isFlat).toBe(false);
    expect(slopeMiBPerMinute).toBeCloseTo(60, 0);
  });
});

it("takes quantiles by the nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
  expect([0.5, 0.95, 0.99].map((share) => quantile(hundred, share))).toEqual([50, 95, 99]);
  expect(quantile([7], 0.99)).toBe(7);
});
