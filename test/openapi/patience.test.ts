import { describe, expect, it } from "vitest";
import { fetchPatiently, newIdempotencyKey } from "../../client/patience.ts";

type Answer = { status: number; after?: string } | "cut";

/** A service that gives these answers, the last of them for ever. */
function service(answers: Answer[]): { send: typeof fetch; asked: () => number } {
  let count = 0;
  const send = async () => {
    const answer = answers[Math.min(count++, answers.length - 1)];
    if (answer === undefined || answer === "cut") throw new TypeError("fetch failed");
    return new Response("", { status: answer.status, headers: answer.after ? { "retry-after": answer.after } : {} });
  };
  return { send, asked: () => count };
}

const now = "0";

describe("a request to a service that is busy", () => {
  it.each<[string, "GET" | "POST", Answer[], number | "cut", number]>([
    [
      "is sent again after the time that the service names",
      "POST",
      [{ status: 503, after: now }, { status: 202 }],
      202,
      2,
    ],
    [
      "is sent again after a date that is past",
      "POST",
      [{ status: 429, after: "Sat, 01 Jan 2000 00:00:00 GMT" }, { status: 200 }],
      200,
      2,
    ],
    ["is not repeated where it may have been done", "POST", [{ status: 500, after: now }], 500, 1],
    ["is not repeated where the connection was cut on the way", "POST", ["cut"], "cut", 1],
    ["is not repeated where a time-out does not say that nothing was done", "POST", [{ status: 503 }], 503, 1],
    ["reads again after a cut", "GET", ["cut", { status: 200 }], 200, 2],
    ["reads again after an error in between", "GET", [{ status: 502, after: now }, { status: 200 }], 200, 2],
    ["is given up after six refusals", "GET", [{ status: 429, after: now }], 429, 6],
    ["is not waited for where that would take hours", "POST", [{ status: 429, after: "7200" }], 429, 1],
    ["is not repeated where the service has failed", "GET", [{ status: 500 }], 500, 1],
    ["is not repeated where it is wrong", "GET", [{ status: 404 }], 404, 1],
  ])("%s", async (_, method, answers, outcome, asked) => {
    const { send, asked: count } = service(answers);
    const reply = fetchPatiently(send, "http://localhost/v1/jobs", { method });
    if (outcome === "cut") await expect(reply).rejects.toThrow("fetch failed");
    else expect((await reply).status).toBe(outcome);
    expect(count()).toBe(asked);
  });

  it.each<Answer>(["cut", { status: 502 }, { status: 503 }, { status: 504 }])(
    "is repeated after %j where it carries a key by which it is known again, the same each time",
    async (answer) => {
      const { send } = service([answer, { status: 202 }]);
      const keys = new Set<string | null>();
      const noting: typeof fetch = (url, init) => {
        keys.add(new Headers(init?.headers).get("idempotency-key"));
        return send(url, init);
      };
      const init = { method: "POST", headers: newIdempotencyKey() };
      expect((await fetchPatiently(noting, "http://localhost/v1/jobs", init)).status).toBe(202);
      expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    },
  );

  it("stops waiting when it is told to", async () => {
    const { send, asked } = service([{ status: 503, after: "50" }]);
    const stop = new AbortController();
    const reply = fetchPatiently(send, "http://localhost/v1/jobs", { method: "GET", signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(reply).rejects.toThrow("enough");
    expect(asked()).toBe(1);
  });
});
